// A refusal is a value, never an exception.

export type Ok<T> = { readonly ok: true; readonly value: T }
export type Refused<R> = { readonly ok: false; readonly why: R }
export type Result<T, R> = Ok<T> | Refused<R>

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value }
}

export function refused<R>(why: R): Refused<R> {
  return { ok: false, why }
}
