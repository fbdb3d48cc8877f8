// JSON as it comes over HTTP, looked at before it is believed.

export type Json = Readonly<Record<string, unknown>>

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The `data` object of an answer; empty when there is none. */
export function dataOf(body: unknown): Json {
  const data = isJson(body) ? body['data'] : undefined
  return isJson(data) ? data : {}
}

/** The `data` list of an answer; empty when there is none. */
export function listOf(body: unknown): readonly Json[] {
  const data = isJson(body) ? body['data'] : undefined
  return Array.isArray(data) ? data.filter(isJson) : []
}
