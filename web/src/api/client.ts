// Requests to the public API, with the session's cookie. Everything the pages do goes through here, so that a session that
// has ended is noticed once, and every refusal comes with the server's own words.

/** What an answer that is no success says. `status` 0: there was no answer. */
export interface Refusal {
  readonly status: number
  readonly text: string
}

export type Answer<T> =
  { readonly ok: true; readonly body: T } | { readonly ok: false; readonly refusal: Refusal }

/** Called when the server no longer knows the session. */
let onSignedOut: () => void = () => undefined

export function whenSignedOut(run: () => void): void {
  onSignedOut = run
}

/** `T` is what /openapi.json says of the path. */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  // A cookie alone changes nothing: the header shows that one of our own pages asks, not a form of another site.
  const headers: Record<string, string> = { 'x-holdfast-console': '1' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  try {
    const response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (response.status === 401 && !path.startsWith('/v2/sessions')) onSignedOut()
    if (!response.ok)
      return { ok: false, refusal: { status: response.status, text: said(text, response.status) } }
    return { ok: true, body: (text === '' ? undefined : JSON.parse(text)) as T } // As described.
  } catch {
    return { ok: false, refusal: { status: 0, text: 'The server did not answer.' } }
  }
}

export function get<T>(path: string): Promise<Answer<T>> {
  return ask<T>('GET', path)
}

/** Rows of one page: as many as the API gives. */
export const pageRows = 250

/** As many as a page can hold without being slow. */
export const rowsMax = 5000

export interface Rows<T> {
  readonly rows: readonly T[]
  /** Of the whole list, of which `rows` may be the beginning. */
  readonly total: number
}

/** All pages of a list, up to `rowsMax` rows. */
export async function getAll<T>(path: string): Promise<Answer<readonly T[]>> {
  const answer = await getRows<T>(path)
  return answer.ok ? { ok: true, body: answer.body.rows } : answer
}

/** The same, for who has to say that there are more. */
export async function getRows<T>(path: string): Promise<Answer<Rows<T>>> {
  const rows: T[] = []
  const joint = path.includes('?') ? '&' : '?'
  for (let page = 1; ; page++) {
    const answer = await get<{
      data: readonly T[]
      meta?: { total_pages?: number; total_results?: number }
    }>(`${path}${joint}page[number]=${page}&page[size]=${pageRows}`)
    if (!answer.ok) return answer
    const { data, meta } = answer.body
    rows.push(...data)
    if (page < (meta?.total_pages ?? 1) && rows.length < rowsMax) continue
    return { ok: true, body: { rows, total: Math.max(meta?.total_results ?? 0, rows.length) } }
  }
}

/** The path of something whose name may hold any character. */
export function pathOf(parts: TemplateStringsArray, ...names: readonly string[]): string {
  return parts.map((part, index) => part + encodeURIComponent(names[index] ?? '')).join('')
}

/** The server's words for a refusal: title and detail of the first error. */
export function said(text: string, status: number): string {
  try {
    const { errors } = JSON.parse(text) as {
      errors?: readonly { title?: string; detail?: string }[]
    } // Checked below.
    const [first] = errors ?? []
    if (first?.detail !== undefined) return first.detail
    if (first?.title !== undefined) return first.title
  } catch {
    // Not one of our answers: something in between.
  }
  return `The server answered ${status}.`
}
