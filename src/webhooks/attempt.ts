// One attempt: the request as it goes out, and what its outcome means. Every attempt has its own number, timestamp and
// signature; only the `data` object stays the same.

import type { HttpFailure, HttpOutcome, HttpRequest } from '../ports/http-client.ts'
import type { AttemptExchange } from '../ports/records.ts'
import type { DeliveryAttempt, DeliveryRow } from '../ports/store.ts'
import type { TracedAttempt } from '../ports/trace.ts'
import type { WebhookSigner } from './signature.ts'

/** What is read of a receiver's answer. */
const answerBytesMax = 10_000

export interface AttemptFacts {
  readonly row: Pick<DeliveryRow, 'method' | 'timeoutMs' | 'dataJson'>
  readonly url: string
  /** From 1. */
  readonly number: number
  readonly nowMs: number
}

export async function attemptRequest(
  attempt: AttemptFacts,
  signer: WebhookSigner,
): Promise<HttpRequest> {
  const { row, url, number, nowMs } = attempt
  const limits = { timeoutMs: row.timeoutMs, bodyBytesMax: answerBytesMax, truncateBody: true }
  const agent = { 'user-agent': 'telnyx-webhooks' }
  if (row.method === 'GET') {
    // C17: the signed body of a GET is empty.
    const headers = { ...agent, ...(await signer.headers('', nowMs)) }
    return { method: 'GET', url: withQuery(url, row.dataJson, number), headers, ...limits }
  }
  const meta = JSON.stringify({ attempt: number, delivered_to: url })
  const body = `{"data":${row.dataJson},"meta":${meta}}`
  const headers = {
    ...agent,
    'content-type': 'application/json',
    ...(await signer.headers(body, nowMs)),
  }
  return { method: 'POST', url, headers, body: Buffer.from(body), ...limits }
}

/** Headers and answer for the record, as JSON text: it is only handed on from here. */
export function exchangeText(headers: HttpRequest['headers'], outcome: HttpOutcome): string {
  const answer = outcome.kind === 'answer' ? outcome : { headers: [], body: new Uint8Array() }
  const exchange: AttemptExchange = {
    requestHeaders: Object.entries(headers ?? {}),
    responseHeaders: answer.headers,
    responseBody: answer.body.length === 0 ? '' : Buffer.from(answer.body).toString('utf8'),
  }
  return JSON.stringify(exchange)
}

/** To whoever writes down what happens in a call; what belongs to no call is not told. */
export function tellAttempt(
  attempted: ((attempt: TracedAttempt) => void) | undefined,
  { row, attempts }: { readonly row: Omit<DeliveryRow, 'dataJson'>; readonly attempts: number },
  outcome: TracedAttempt['outcome'],
  record: DeliveryAttempt | undefined,
): void {
  const { deliveryId, eventType, legId } = row
  if (attempted === undefined || record === undefined || legId === undefined) return
  const { exchangeJson = '', ...rest } = record
  attempted({
    ...rest,
    eventId: deliveryId,
    eventType,
    legId,
    number: attempts,
    outcome,
    exchangeJson,
  })
}

export interface Verdict {
  readonly delivered: boolean
  /** HTTP status, or 0. */
  readonly status: number
  /** The vendor's number of the failure, or 0. */
  readonly errorCode: number
}

/** C20: 2xx is success; anything else fails, redirects included, and no answer too. */
export function judge(outcome: HttpOutcome): Verdict {
  if (outcome.kind === 'failed') {
    return { delivered: false, status: 0, errorCode: failureCodes[outcome.why] }
  }
  const { status } = outcome
  const delivered = status >= 200 && status < 300
  return { delivered, status, errorCode: delivered ? 0 : statusCode(status) }
}

const failureCodes: Readonly<Record<HttpFailure, number>> = {
  'bad-url': 75000,
  'forbidden-address': 75002,
  'name-resolution': 75001,
  connect: 75002,
  certificate: 75003,
  'certificate-expired': 75004,
  'certificate-name': 75005,
  'certificate-untrusted': 75006,
  timeout: 75000,
  'too-large': 75000,
  'broken-answer': 75000,
}

function statusCode(status: number): number {
  if (status === 400 || status === 404 || status === 500) return 75000 + status
  if (status >= 300 && status < 400) return 75300
  if (status >= 400 && status < 500) return 75499
  return status >= 500 ? 75599 : 75000
}

/** Nested fields become `a[b]`, list members `a[0]`; null is left out. */
function withQuery(url: string, dataJson: string, attempt: number): string {
  // The HTTP client refuses it with a reason.
  if (!URL.canParse(url)) return url
  const target = new URL(url)
  const add = (key: string, value: unknown): void => {
    if (value === null || value === undefined) return
    if (typeof value !== 'object') return target.searchParams.append(key, String(value))
    for (const [name, inner] of Object.entries(value)) add(`${key}[${name}]`, inner)
  }
  const data: unknown = JSON.parse(dataJson)
  if (typeof data === 'object' && data !== null) {
    for (const [name, value] of Object.entries(data)) {
      if (name !== 'payload') add(name, value)
      else if (typeof value === 'object' && value !== null) {
        for (const [inner, one] of Object.entries(value)) add(inner, one)
      }
    }
  }
  add('attempt', attempt)
  return target.href
}
