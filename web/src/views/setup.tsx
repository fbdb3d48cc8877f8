// The set-up at a glance: what is configured, who is registered, which trunks answer, and in words what is wrong.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ask, get, getAll, pathOf } from '../api/client.ts'
import type {
  Application,
  PhoneNumber,
  Registration,
  Trunk,
  WebhookDelivery,
} from '../api/types.ts'
import { countText, momentText } from '../model/format.ts'
import { applicationProblem, numberProblem, setupProblems } from '../model/setup-problems.ts'
import { now } from '../state/clock.ts'
import { tell } from '../state/notices.ts'
import { role } from '../state/session.ts'
import { Confirm } from '../ui/dialog.tsx'
import { useLoaded } from '../ui/load.ts'
import type { Loaded } from '../ui/load.ts'
import { Nothing, Page, Trouble } from '../ui/page.tsx'
import { LevelMark } from '../ui/tile.tsx'
import { NewApplication, NewNumber } from './setup-forms.tsx'

/** Registrations and trunks come and go by themselves. */
const againMs = 5000
const failedPath = '/v2/webhook_deliveries?filter[status][eq]=failed&page[size]=50'

function useSetup() {
  return {
    trunks: useLoaded('trunks', () => getAll<Trunk>('/v2/sip_trunks'), againMs),
    registrations: useLoaded(
      'registrations',
      () => getAll<Registration>('/v2/sip_registrations'),
      againMs,
    ),
    applications: useLoaded(
      'applications',
      () => getAll<Application>('/v2/call_control_applications'),
      againMs,
    ),
    numbers: useLoaded('numbers', () => getAll<PhoneNumber>('/v2/phone_numbers'), againMs),
    failed: useLoaded(
      'failed',
      () => get<{ data: readonly WebhookDelivery[] }>(failedPath),
      againMs,
    ),
  }
}

type Setup = ReturnType<typeof useSetup>

export function SetupPage() {
  const setup = useSetup()
  return (
    <Page title="Set-up">
      <Summary setup={setup} />
      <Trunks loaded={setup.trunks} />
      <Registrations loaded={setup.registrations} />
      <Applications setup={setup} />
      <Numbers setup={setup} />
    </Page>
  )
}

function Summary({ setup }: { readonly setup: Setup }) {
  const { trunks, registrations, applications, numbers, failed } = setup
  if (
    trunks.data === undefined ||
    registrations.data === undefined ||
    applications.data === undefined ||
    numbers.data === undefined
  )
    return null
  const state = {
    ...{ trunks: trunks.data, registrations: registrations.data },
    ...{ applications: applications.data, numbers: numbers.data, failed: failed.data?.data ?? [] },
  }
  const wrong = setupProblems(state, now.peek())
  return (
    <section class={wrong.length === 0 ? 'summary' : 'summary wrong'} aria-label="What is wrong">
      <h2>
        <LevelMark level={wrong.length === 0 ? 'good' : 'warn'} />{' '}
        {wrong.length === 0 ? 'Nothing is wrong' : `${countText(wrong.length, 'thing')} to look at`}
      </h2>
      {wrong.length === 0 ? null : (
        <ul>
          {wrong.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** In words what is wrong with one row. */
function problemText(problem: string | null): string {
  return problem === null || problem === '' ? 'nothing' : problem
}

interface TableProps<T> {
  readonly title: string
  readonly empty: string
  readonly columns: readonly string[]
  readonly loaded: Loaded<readonly T[]>
  readonly row: (one: T) => ComponentChildren
  readonly keyOf: (one: T) => string
  readonly actions?: ComponentChildren
}

function Section<T>({ title, empty, columns, loaded, row, keyOf, actions }: TableProps<T>) {
  const { data, trouble } = loaded
  return (
    <section>
      <div class="page-head">
        <h2>{title}</h2>
        <div class="buttons">{actions}</div>
      </div>
      <Trouble text={trouble} />
      {data === undefined ? null : data.length === 0 ? (
        <Nothing>{empty}</Nothing>
      ) : (
        <div class="scroll" role="region" aria-label={title} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {columns.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.map((one) => (
                <tr key={keyOf(one)} data-row>
                  {row(one)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function timeOf(text: string | null): string {
  return text === null ? '–' : momentText(Date.parse(text), now.peek())
}

function Trunks({ loaded }: { readonly loaded: Setup['trunks'] }) {
  return (
    <Section
      title="Trunks"
      empty="There is none; calls go to registered phones only."
      columns={['Name', 'Address', 'State', 'Last answer', 'Round trip', 'What is wrong']}
      loaded={loaded}
      keyOf={(trunk) => trunk.name}
      row={(trunk) => (
        <>
          <th scope="row">{trunk.name}</th>
          <td>{trunk.uri}</td>
          <td class="state">
            <LevelMark
              level={trunk.reachable === null ? 'none' : trunk.reachable ? 'good' : 'bad'}
            />{' '}
            {trunk.reachable === null
              ? 'not known'
              : trunk.reachable
                ? 'answers'
                : 'does not answer'}
          </td>
          <td>
            {timeOf(trunk.last_answer_at)}
            {trunk.last_status === null ? '' : ` (${trunk.last_status} ${trunk.last_reason ?? ''})`}
          </td>
          <td class="number">{trunk.round_trip_ms === null ? '–' : `${trunk.round_trip_ms} ms`}</td>
          <td>{problemText(trunk.problem)}</td>
        </>
      )}
    />
  )
}

function Registrations({ loaded }: { readonly loaded: Setup['registrations'] }) {
  return (
    <Section
      title="SIP users"
      empty="There is none."
      columns={['User', 'State', 'Phones', 'What is wrong']}
      loaded={loaded}
      keyOf={(one) => one.username}
      row={(one) => (
        <>
          <th scope="row">{one.username}</th>
          <td class="state">
            <LevelMark level={one.registered ? 'good' : 'warn'} />{' '}
            {one.registered ? 'registered' : 'not registered'}
          </td>
          <td>
            {one.contacts.map((contact) => (
              <div key={contact.uri}>
                {contact.source} over {contact.transport}
                {contact.behind_nat ? ', behind NAT' : ''}, until {timeOf(contact.expires_at)}
              </div>
            ))}
          </td>
          <td>{problemText(one.problem)}</td>
        </>
      )}
    />
  )
}

function Applications({ setup }: { readonly setup: Setup }) {
  const { applications: loaded, failed } = setup
  const wrongWith = (one: Application): string =>
    applicationProblem(one, failed.data?.data ?? [], now.peek())
  const [isFormOpen, setFormOpen] = useState(false)
  return (
    <>
      <Section
        title="Applications"
        empty="There is none: calls that come in are refused."
        columns={['Name', 'Id', 'Webhooks to', 'State', 'What is wrong', 'Actions']}
        loaded={loaded}
        keyOf={(one) => one.id}
        actions={<AddButton name="application" onClick={() => setFormOpen(true)} />}
        row={(one) => (
          <>
            <th scope="row">{one.application_name}</th>
            <td>{one.id}</td>
            <td class="address">{one.webhook_event_url ?? 'nowhere'}</td>
            <td class="state">
              <LevelMark level={wrongWith(one) === '' ? 'good' : 'warn'} />{' '}
              {one.active ? 'active' : 'off'}
            </td>
            <td>{problemText(wrongWith(one))}</td>
            <td class="actions">
              <RemoveButton
                name={one.application_name}
                path={pathOf`/v2/call_control_applications/${one.id}`}
                onGone={loaded.reload}
              />
            </td>
          </>
        )}
      />
      {isFormOpen ? (
        <NewApplication onClose={() => setFormOpen(false)} onMade={loaded.reload} />
      ) : null}
    </>
  )
}

function Numbers({ setup }: { readonly setup: Setup }) {
  const { numbers: loaded, applications } = setup
  const [isFormOpen, setFormOpen] = useState(false)
  return (
    <>
      <Section
        title="Numbers"
        empty="There is none."
        columns={['Number', 'Application', 'What is wrong', 'Actions']}
        loaded={loaded}
        keyOf={(one) => one.id}
        actions={<AddButton name="number" onClick={() => setFormOpen(true)} />}
        row={(one) => (
          <>
            <th scope="row">{one.phone_number}</th>
            <td>{one.connection_name ?? 'none'}</td>
            <td>{problemText(numberProblem(one, applications.data ?? []))}</td>
            <td class="actions">
              <RemoveButton
                name={one.phone_number}
                path={pathOf`/v2/phone_numbers/${one.id}`}
                onGone={loaded.reload}
              />
            </td>
          </>
        )}
      />
      {isFormOpen ? <NewNumber onClose={() => setFormOpen(false)} onMade={loaded.reload} /> : null}
    </>
  )
}

function AddButton({ name, onClick }: { readonly name: string; readonly onClick: () => void }) {
  if (role.value !== 'admin') return null
  return (
    <button type="button" class="small" onClick={onClick}>
      Add {name === 'application' ? 'an' : 'a'} {name}
    </button>
  )
}

interface RemoveProps {
  readonly name: string
  readonly path: string
  readonly onGone: () => void
}

function RemoveButton({ name, path, onGone }: RemoveProps) {
  const [isAsking, setAsking] = useState(false)
  if (role.value !== 'admin') return null
  const remove = async (): Promise<void> => {
    const answer = await ask('DELETE', path)
    if (!answer.ok) return tell(answer.refusal.text, true)
    tell(`${name} is gone.`)
    onGone()
  }
  return (
    <>
      <button type="button" class="small" onClick={() => setAsking(true)}>
        Remove<span class="unseen"> {name}</span>
      </button>
      {isAsking ? (
        <Confirm
          title={`Remove ${name}?`}
          text="Calls to it are refused from now on; calls that are up go on."
          action="Remove"
          onConfirm={() => void remove()}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  )
}
