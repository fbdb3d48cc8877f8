// What every page begins with: a heading that takes the focus when the page changes, and trouble in words.
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'

export interface PageProps {
  readonly title: string
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

export function Page({ title, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Holdfast`
  }, [title])
  return (
    <main id="main">
      <div class="page-head">
        <h1 tabIndex={-1}>{title}</h1>
        {actions === undefined ? null : <div class="buttons">{actions}</div>}
      </div>
      {children}
    </main>
  )
}

export function Trouble({ text }: { readonly text: string }) {
  return text === '' ? null : (
    <p class="trouble" role="alert">
      {text}
    </p>
  )
}

export function Nothing({ children }: { readonly children: ComponentChildren }) {
  return <p class="nothing">{children}</p>
}
