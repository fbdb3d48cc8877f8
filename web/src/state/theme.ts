// Dark or light: as the system has it, or as chosen here; the choice stays on this device.
import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

const order: readonly Theme[] = ['system', 'light', 'dark']
const key = 'holdfast-theme'

export const theme = signal<Theme>(
  order.find((one) => one === localStorage.getItem(key)) ?? 'system',
)

const system = matchMedia('(prefers-color-scheme: dark)')
/** What it comes to; charts are painted anew when it changes. */
export const isDark = signal(system.matches)

function apply(): void {
  const root = document.documentElement
  if (theme.value === 'system') root.removeAttribute('data-theme')
  else root.dataset['theme'] = theme.value
  isDark.value = theme.value === 'system' ? system.matches : theme.value === 'dark'
}

export function startTheme(): void {
  system.addEventListener('change', apply)
  apply()
}

export function nextTheme(): void {
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length] ?? 'system'
  localStorage.setItem(key, theme.value)
  apply()
}
