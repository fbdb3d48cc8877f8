// Reading answers whose shape another program decides: a field that is missing is empty, never a crash.

export type Json = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The field as a group; empty when it is none. */
export function recordIn(value: unknown, name: string): Json {
  const inner = isRecord(value) ? value[name] : undefined
  return isRecord(inner) ? inner : {}
}

/** The groups in a list; others are left out. */
export function recordsIn(value: unknown, name: string): readonly Json[] {
  const inner = isRecord(value) ? value[name] : undefined
  return Array.isArray(inner) ? inner.filter(isRecord) : []
}

/** Texts as they are, numbers and truth values written out, everything else ''. */
export function textIn(value: unknown, name: string): string {
  const inner = isRecord(value) ? value[name] : undefined
  if (typeof inner === 'string') return inner
  return typeof inner === 'number' || typeof inner === 'boolean' ? String(inner) : ''
}

export function numberIn(value: unknown, name: string): number {
  const inner = isRecord(value) ? value[name] : undefined
  return typeof inner === 'number' ? inner : 0
}
