// From what happened to the items of a timeline: one line that says it, and the details for whoever opens it. All of this
// runs in the trace thread, so that calls do not pay for it.

import { mask, maskSecrets } from '../base/mask-secrets.ts'
import type { DomainEvent, LegFacts, StampedEvent } from '../ports/events.ts'
import type { TracedAttempt, TracedCommand, TracedListening, TracedSample } from '../ports/trace.ts'
import { maskJson, maskSip } from './masking.ts'
import type { Happening } from './protocol.ts'
import { glanceAt } from './sip-text.ts'
import type { LegChange, NewItem, SipEndsDetail } from './tables.ts'

/** Name on the wire and the object that webhooks carry; undefined for events that are not told. */
export type RenderEvent = (
  event: StampedEvent,
) => { readonly name: string; readonly data: unknown } | undefined

/** `text`: one character per byte. */
export function sipItem(
  { atUs, direction, text, ends }: Extract<Happening, { what: 'sip' }>,
  leg: string,
  hideDigits: boolean,
): NewItem {
  const masked = Buffer.from(maskSip(text, hideDigits), 'latin1')
  const readable = masked.toString('utf8')
  const { kind, method, status, reason, callId, cseq, summary } = glanceAt(readable)
  const place: SipEndsDetail = {
    direction,
    transport: ends.transport,
    local: placeText(ends.localAddress, ends.localPort),
    remote: placeText(ends.remoteAddress, ends.remotePort),
  }
  const detail = { ...place, method, status, reason, call_id: callId, cseq, text: readable }
  const arrow = direction === 'in' ? '←' : '→'
  const said = `${arrow} ${maskSecrets(summary)}`
  return { atUs, leg, lane: 'sip', kind, summary: said, detail, bytes: masked }
}

function placeText(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** One item for each call that the command names. */
export function commandItems(command: TracedCommand, hideDigits: boolean): readonly NewItem[] {
  const { atUs, durationMs, legIds, method, path, status, keyName } = command
  const body = parsed(command.body, hideDigits)
  const answer = parsed(command.answer, hideDigits)
  const safePath = maskSecrets(path)
  const kind = actionOf(method, path)
  const detail = {
    ...{ method, path: safePath, body, status, answer, duration_ms: durationMs, api_key: keyName },
    curl: curlOf(method, safePath, body),
  }
  const summary = `${kind} → ${status}${refusalOf(answer)}`
  return legIds.map((leg) => ({ atUs, leg, lane: 'command', kind, summary, detail }))
}

/** Beside the commands: who listens asks something of the call, too. */
export function listeningItem(listening: TracedListening): NewItem {
  const { atUs, legId, keyName, by, remoteAddress, ended } = listening
  const who = { api_key: keyName, signed_in_by: by, remote_address: remoteAddress }
  const common = { atUs, leg: legId, lane: 'command' } as const
  if (ended === undefined) {
    const summary = `${keyName} listens to the call`
    return { ...common, kind: 'listen', summary, detail: who }
  }
  const { secs, why } = ended
  return {
    ...common,
    kind: 'listen ended',
    summary: `${keyName} listened for ${secs.toFixed(1)} s: ${why}`,
    detail: { ...who, listened_secs: secs, reason: why },
  }
}

function parsed(text: string, hideDigits: boolean): unknown {
  if (text === '') return null
  try {
    return maskJson(JSON.parse(text), hideDigits)
  } catch {
    return `(${text.length} characters)`
  }
}

/** `dial`, `enqueue`, or method and collection. */
function actionOf(method: string, path: string): string {
  const plain = path.split('?', 1)[0] ?? ''
  const action = /\/actions\/([a-z_]+)\/?$/.exec(plain)?.[1]
  if (action !== undefined) return plain.includes('/conferences/') ? `conference ${action}` : action
  if (method === 'POST' && /^\/v2\/calls\/?$/.test(plain)) return 'dial'
  if (method === 'GET' && /^\/v2\/calls\/[^/]+\/listen$/.test(plain)) return 'listen'
  return `${method} ${plain.split('/')[2] ?? plain}`
}

function refusalOf(answer: unknown): string {
  const errors =
    typeof answer === 'object' && answer !== null && 'errors' in answer ? answer.errors : undefined
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  if (typeof first !== 'object' || first === null || !('detail' in first)) return ''
  return `: ${String(first.detail)}`
}

/** With a variable for the server and one for the key, so that it can be pasted anywhere. */
function curlOf(method: string, path: string, body: unknown): string {
  const parts = [
    `curl -X ${method} "$HOLDFAST_URL"${quoted(path)}`,
    '-H "Authorization: Bearer $HOLDFAST_API_KEY"',
  ]
  if (body !== null)
    parts.push('-H "Content-Type: application/json"', `-d ${quoted(JSON.stringify(body))}`)
  return parts.join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** The leg that an event is told under; undefined: it belongs to no call. */
export function legOfEvent(event: DomainEvent): LegFacts | undefined {
  if ('leg' in event) return event.leg
  return 'conference' in event ? event.conference.creator : undefined
}

export function eventItem(
  stamped: StampedEvent,
  render: RenderEvent,
  hideDigits: boolean,
): NewItem | undefined {
  const { event, occurredAtUs } = stamped
  const leg = legOfEvent(event)
  if (leg === undefined) return undefined
  const told = render(stamped)
  const kind = told?.name ?? event.type
  const detail = (
    told === undefined ? { type: event.type } : maskJson(told.data, hideDigits)
  ) as object // An object stays one.
  const summary = `${kind}${noteOf(event, hideDigits)}`
  return { atUs: occurredAtUs, leg: leg.legId, lane: 'event', kind, summary, detail }
}

function noteOf(event: DomainEvent, hideDigits: boolean): string {
  switch (event.type) {
    case 'leg-initiated':
      return `: ${event.leg.direction} from ${event.leg.from} to ${event.leg.to}`
    case 'leg-bridged':
      return ` with ${event.peerLegId}`
    case 'leg-ended':
      return `: ${event.cause} (${event.source}, SIP ${event.sipCause})`
    case 'call-enqueued':
      return `: ${event.queueName}, position ${event.position}`
    case 'call-dequeued':
      return `: ${event.queueName}, ${event.reason} after ${event.waitSecs} s`
    case 'dtmf-received':
      return `: ${hideDigits ? mask : event.digit}`
    case 'gather-ended':
      return `: ${event.status}`
    case 'playback-ended':
    case 'speak-ended':
      return `: ${event.status}`
    default:
      return ''
  }
}

/** What an event says about its leg. */
export function legChange({ event, occurredAtUs }: StampedEvent): LegChange | undefined {
  const facts = legOfEvent(event)
  if (facts === undefined) return undefined
  switch (event.type) {
    case 'leg-initiated':
      return { facts, state: 'ringing' }
    case 'leg-answered':
      return { facts, state: 'answered', answeredUs: occurredAtUs }
    case 'leg-bridged':
      return { facts, state: 'bridged' }
    case 'call-enqueued':
      return { facts, state: 'queued', queue: event.queueName }
    case 'call-dequeued':
      return { facts, state: 'answered', queue: event.queueName }
    case 'participant-joined':
      return { facts, state: 'conference' }
    case 'participant-left':
      return { facts, state: 'answered' }
    case 'leg-ended':
      return { facts, state: 'ended', cause: event.cause, endedUs: occurredAtUs }
    default:
      return { facts }
  }
}

export function attemptItem(attempt: TracedAttempt, hideDigits: boolean): NewItem {
  const { eventId, eventType, legId, number, url, startedAtMs, finishedAtMs } = attempt
  const { status, errorCode, outcome } = attempt
  const answered = status === 0 ? `no answer (${errorCode})` : String(status)
  const again = outcome === 'pending' ? ', tried again' : ''
  return {
    atUs: startedAtMs * 1000,
    ...{ leg: legId, lane: 'webhook', kind: eventType },
    summary: `${eventType} → ${answered}${outcome === 'failed' ? ', given up' : again}`,
    detail: {
      ...{
        event_id: eventId,
        attempt: number,
        url: maskSecrets(url),
        status,
        error_code: errorCode,
      },
      ...{ outcome, duration_ms: finishedAtMs - startedAtMs },
      exchange: parsed(attempt.exchangeJson, hideDigits),
    },
  }
}

export function hearsItem({ atUs, legId, hears }: Extract<Happening, { what: 'hears' }>): NewItem {
  const said = maskSecrets(hears)
  const summary = `hears ${said}`
  return { atUs, leg: legId, lane: 'media', kind: 'hears', summary, detail: { hears: said } }
}

export function sampleItem(atUs: number, leg: string, sample: TracedSample): NewItem {
  const { codec, hears, packetsIn, lostIn, jitterMs, jitterMaxMs, mos } = sample
  const { packetsOut, skippedOut, levelIn, levelOut } = sample
  return {
    ...{ atUs, leg, lane: 'media', kind: 'sample' },
    summary: `${codec}: ${packetsIn} in, ${lostIn} lost, jitter ${jitterMs.toFixed(1)} ms, ${packetsOut} out`,
    detail: {
      ...{ codec, hears: maskSecrets(hears) },
      inbound: {
        ...{ packets: packetsIn, lost: lostIn, jitter_ms: jitterMs, jitter_max_ms: jitterMaxMs },
        ...{ mos, level_dbov: levelIn ?? null },
      },
      outbound: { packets: packetsOut, skipped: skippedOut, level_dbov: levelOut ?? null },
    },
  }
}
