// Lines that open to more. Which ones are open is known to the page, not to the line: one that leaves the screen, or the
// list for a moment, is open when it comes back.
import { useSignal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

export type OpenLines = Signal<ReadonlySet<string>>

export function useOpenLines(): OpenLines {
  return useSignal<ReadonlySet<string>>(new Set())
}

export interface OpenLineProps {
  readonly id: string
  readonly open: OpenLines
  readonly summary: ComponentChildren
  /** Called when it is open. */
  readonly children: () => ComponentChildren
}

export function OpenLine({ id, open, summary, children }: OpenLineProps) {
  const isOpen = open.value.has(id)
  const toggled = (isNow: boolean): void => {
    if (isNow === open.peek().has(id)) return
    const next = new Set(open.peek())
    if (isNow) next.add(id)
    else next.delete(id)
    open.value = next
  }
  return (
    <details open={isOpen} onToggle={(event) => toggled(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen ? children() : null}
    </details>
  )
}
