// Which page is shown: the address below /console/, its parts decoded. Links are ordinary links; a plain click on one of
// ours changes the page without loading anything.
import { signal } from '@preact/signals'

const base = '/console/'

function partsOf(path: string): readonly string[] {
  const below = path.startsWith(base) ? path.slice(base.length) : ''
  return below
    .split('/')
    .filter((part) => part !== '')
    .map(decoded)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const route = signal<readonly string[]>(partsOf(location.pathname))

/** `/console/queues/support` from `queues`, `support`. */
export function hrefOf(...parts: readonly string[]): string {
  return base + parts.map(encodeURIComponent).join('/')
}

export function go(href: string): void {
  if (href !== location.pathname) {
    history.pushState(null, '', href)
    scrollTo(0, 0)
  }
  route.value = partsOf(location.pathname)
  // Someone who does not see the page change hears its new heading.
  focusHeading()
}

/** For keys: where one goes on when what had the focus is gone. Nothing is scrolled. */
export function focusHeading(): void {
  queueMicrotask(() => document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true }))
}

export function startRoute(): void {
  addEventListener('popstate', () => (route.value = partsOf(location.pathname)))
  addEventListener('click', (event) => {
    const plain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    const target = event.target instanceof Element ? event.target.closest('a') : null
    if (!plain || event.defaultPrevented || target === null || target.hasAttribute('download'))
      return
    if (
      target.origin !== location.origin ||
      !target.pathname.startsWith(base) ||
      target.target !== ''
    )
      return
    event.preventDefault()
    go(target.pathname)
  })
}
