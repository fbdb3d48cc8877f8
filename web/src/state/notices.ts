// Short messages about what was just done or refused; each goes by itself, refusals stay longer.
import { signal } from '@preact/signals'

export interface Notice {
  readonly id: number
  readonly text: string
  readonly isError: boolean
}

export const notices = signal<readonly Notice[]>([])
let nextId = 1

export function tell(text: string, isError = false): void {
  const notice = { id: nextId++, text, isError }
  notices.value = [...notices.value.slice(-3), notice]
  setTimeout(() => dismiss(notice.id), isError ? 12_000 : 5000)
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id)
}
