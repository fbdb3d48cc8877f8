// The frame around every page: where one is, whether what one sees is current, and the keys that lead elsewhere.
import { useSignalEffect } from '@preact/signals'
import { useState } from 'preact/hooks'
import { timeText } from '../model/format.ts'
import { liveState, serverVersion, startFeed, stopFeed } from '../state/feed.ts'
import { clock, serverTime } from '../state/clock.ts'
import { dismiss, notices } from '../state/notices.ts'
import { hrefOf, route } from '../state/route.ts'
import { role, sessionTrouble, signOut } from '../state/session.ts'
import { nextTheme, theme } from '../state/theme.ts'
import { ListeningBar } from '../ui/listening-bar.tsx'
import { CallPage } from './call.tsx'
import { CallsPage } from './calls.tsx'
import { QueuePage } from './queue.tsx'
import { SetupPage } from './setup.tsx'
import { ShortcutHelp, useShortcuts } from './shortcuts.tsx'
import { SignIn } from './sign-in.tsx'
import { Wallboard } from './wallboard.tsx'
import { WebhooksPage } from './webhooks.tsx'
import { ReadOnlyLink } from './read-only-link.tsx'

const pages = [
  ['', 'Wallboard'],
  ['calls', 'Calls'],
  ['webhooks', 'Webhooks'],
  ['setup', 'Set-up'],
] as const

export function App() {
  useSignalEffect(() => {
    if (role.value === 'admin' || role.value === 'read') startFeed()
    else stopFeed()
  })
  switch (role.value) {
    case 'unknown':
      return (
        <main id="main">
          <p class="nothing" role="status">
            {sessionTrouble.value === ''
              ? 'Asking the server …'
              : `${sessionTrouble.value} It is asked again every few seconds.`}
          </p>
        </main>
      )
    case 'nobody':
      return <SignIn />
    case 'read':
    case 'admin':
      return <Frame />
  }
}

function Frame() {
  const [isHelpOpen, setHelpOpen] = useState(false)
  const isStale = liveState.value.at === 'stale'
  useShortcuts(() => setHelpOpen(true))
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Header onHelp={() => setHelpOpen(true)} />
      <StaleBanner />
      <ListeningBar />
      <div class={isStale ? 'old' : ''}>
        <CurrentPage />
      </div>
      <Notices />
      {isHelpOpen ? <ShortcutHelp onClose={() => setHelpOpen(false)} /> : null}
    </>
  )
}

function Header({ onHelp }: { readonly onHelp: () => void }) {
  const [place = ''] = route.value
  const [isLinkOpen, setLinkOpen] = useState(false)
  const themeName = { system: 'Theme: system', light: 'Theme: light', dark: 'Theme: dark' }[
    theme.value
  ]
  return (
    <header>
      <span class="brand" title={serverVersion.value}>
        Holdfast
      </span>
      <nav aria-label="Pages">
        {pages.map(([page, name]) => {
          const isHere = place === page || (page === '' && place === 'queues')
          return (
            <a
              key={page}
              href={hrefOf(...(page === '' ? [] : [page]))}
              aria-current={isHere ? 'page' : undefined}
            >
              {name}
            </a>
          )
        })}
      </nav>
      <div class="tools">
        <Clock />
        <button type="button" class="quiet" onClick={nextTheme}>
          {themeName}
        </button>
        <button type="button" class="quiet roomy" onClick={() => void toggleFullScreen()}>
          Full screen
        </button>
        <button type="button" class="quiet roomy" onClick={onHelp}>
          Keys
        </button>
        {role.value === 'admin' ? (
          <button type="button" class="quiet" onClick={() => setLinkOpen(true)}>
            Share
          </button>
        ) : (
          <span class="badge">read only</span>
        )}
        <button type="button" class="quiet" onClick={() => void signOut()}>
          Sign out
        </button>
      </div>
      {isLinkOpen ? <ReadOnlyLink onClose={() => setLinkOpen(false)} /> : null}
    </header>
  )
}

async function toggleFullScreen(): Promise<void> {
  if (document.fullscreenElement === null) await document.documentElement.requestFullscreen()
  else await document.exitFullscreen()
}

function Clock() {
  const state = liveState.value.at
  const words = { live: 'live', connecting: 'connecting', stale: 'not live' }[state]
  return (
    <span
      class={`clock ${state}`}
      role="img"
      aria-label={`The server's time; the page is ${words}`}
    >
      <span aria-hidden="true">{state === 'live' ? '●' : '○'}</span>{' '}
      <time>{timeText(clock.value)}</time>
    </span>
  )
}

/** Nothing on the screen may look current when it is not. */
function StaleBanner() {
  const state = liveState.value
  if (state.at !== 'stale') return null
  const secs = Math.max(0, Math.ceil((serverTime(state.retryAtMs) - clock.value) / 1000))
  const why = state.why === '' ? 'The server does not answer.' : state.why
  return (
    <div class="stale" role="alert">
      <strong>Stale since {timeText(serverTime(state.sinceMs))}.</strong>{' '}
      <span aria-live="off">
        {why} What you see is of that moment. Next try {secs === 0 ? 'now' : `in ${secs} s`}.
      </span>
    </div>
  )
}

function CurrentPage() {
  const [place, name] = route.value
  switch (place) {
    case undefined:
      return <Wallboard />
    case 'queues':
      return name === undefined ? <Wallboard /> : <QueuePage key={name} queueName={name} />
    case 'calls':
      return name === undefined ? <CallsPage /> : <CallPage key={name} id={name} />
    case 'webhooks':
      return <WebhooksPage />
    case 'setup':
      return <SetupPage />
    default:
      return (
        <main id="main">
          <h1 tabIndex={-1}>There is no such page</h1>
          <p>
            <a href={hrefOf()}>To the wallboard</a>
          </p>
        </main>
      )
  }
}

function Notices() {
  return (
    <div class="notices" aria-live="polite">
      {notices.value.map(({ id, text, isError }) => (
        <p key={id} class={isError ? 'notice bad' : 'notice'}>
          <span>{text}</span>
          <button type="button" class="quiet" aria-label="Close" onClick={() => dismiss(id)}>
            ×
          </button>
        </p>
      ))}
    </div>
  )
}
