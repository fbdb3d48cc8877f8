// Keys that lead somewhere: one letter each, never while one writes, and they can be turned off (WCAG 2.1, 2.1.4).
import { signal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'
import { go, hrefOf } from '../state/route.ts'
import { nextTheme } from '../state/theme.ts'
import { Dialog } from '../ui/dialog.tsx'

const storageKey = 'holdfast-shortcuts'
const areOn = signal(localStorage.getItem(storageKey) !== 'off')

const keys: readonly (readonly [key: string, what: string])[] = [
  ['w', 'Wallboard'],
  ['c', 'Calls'],
  ['h', 'Webhooks'],
  ['s', 'Set-up'],
  ['/', 'Search on this page'],
  ['j, k', 'Next and previous row'],
  ['t', 'Theme: system, light, dark'],
  ['?', 'This list'],
]

const actions: Readonly<Record<string, () => void>> = {
  w: () => go(hrefOf()),
  c: () => go(hrefOf('calls')),
  h: () => go(hrefOf('webhooks')),
  s: () => go(hrefOf('setup')),
  t: nextTheme,
  '/': () => document.querySelector<HTMLElement>('input[type=search]')?.focus(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]')
  )
}

/** Focus goes from row to row: to the first thing in it that can have it. */
function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const here = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[here < 0 ? 0 : here + by]
  next?.querySelector<HTMLElement>('a, button, summary')?.focus()
}

export function useShortcuts(onHelp: () => void): void {
  // Before the page is painted: who sees it may press a key at once.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const modified = event.metaKey || event.ctrlKey || event.altKey
      if (modified || isWriting(event.target) || document.querySelector('dialog[open]')) return
      const run = event.key === '?' ? onHelp : areOn.value ? actions[event.key] : undefined
      if (run === undefined) return
      event.preventDefault()
      run()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
}

export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const toggle = (): void => {
    areOn.value = !areOn.value
    localStorage.setItem(storageKey, areOn.value ? 'on' : 'off')
  }
  return (
    <Dialog title="Keys" onClose={onClose}>
      <table class="plain">
        <tbody>
          {keys.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="check">
        <input type="checkbox" checked={areOn.value} onChange={toggle} /> Keys of one letter are on
      </label>
      <div class="buttons">
        <button type="button" autofocus onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  )
}
