// `holdfast events`: what happened, and with --follow what happens, each event with how its webhook went; and
// --forward-to brings the events to a program on this machine that no server could reach.

import type { Command } from 'commander'
import { eventTypeList, webUrl, wholeNumber } from '../arguments.ts'
import { piece } from '../client.ts'
import type { ApiClient } from '../client.ts'
import type { Context, Run } from '../context.ts'
import { createForwarder } from '../forward.ts'
import type { Forwarder } from '../forward.ts'
import { recordIn, recordsIn, textIn } from '../json.ts'
import type { Json } from '../json.ts'
import { notice, patiently } from '../patient.ts'
import { deliveryLine, eventLine } from '../render.ts'

const waitSecs = 20
const pageLimit = 1000
const deliveriesAtOnce = 10
/** The cursor is of another server, or of data that was removed. */
const goneStatus = 410
/** After its event a delivery is looked for at these times, in ms; then it is left to the webhook's retries. */
const deliveryLooksMs = [150, 600, 2500, 6000]

interface Options {
  readonly follow?: boolean
  readonly forwardTo?: string
  readonly signingKey?: string
  readonly type?: readonly string[]
  readonly call?: string
  readonly limit: number
}

export function addEvents(program: Command, run: Run): void {
  program
    .command('events')
    .description('List the latest events; with --follow those that come, each with its delivery.')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option(
      '--forward-to <url>',
      'send each event that comes there, signed; implies --follow',
      webUrl,
    )
    .option(
      '--signing-key <file>',
      'file of the key that forwarded events are signed with; made if missing',
    )
    .option('--type <types>', 'only these, such as call.enqueued,call.dequeued', eventTypeList)
    .option('--call <id>', 'only those of this call_control_id or call_session_id')
    .option('-n, --limit <events>', 'how many of the latest', wholeNumber(1, 10_000), 20)
    .action((options: Options) =>
      run((context) =>
        options.follow === true || options.forwardTo !== undefined
          ? follow(context, options)
          : list(context, options),
      ),
    )
}

function fits(options: Options): (event: Json) => boolean {
  return (event) => {
    const payload = recordIn(event, 'payload')
    const ids = [textIn(payload, 'call_control_id'), textIn(payload, 'call_session_id')]
    const isType = options.type === undefined || options.type.includes(textIn(event, 'event_type'))
    return isType && (options.call === undefined || ids.includes(options.call))
  }
}

async function list(context: Context, options: Options): Promise<undefined> {
  const api = context.api()
  const events = await context.during('reading the events', latest(api, options))
  const told: Json[] = []
  for (let from = 0; from < events.length; from += deliveriesAtOnce) {
    const some = events.slice(from, from + deliveriesAtOnce)
    const asked = Promise.all(some.map((event) => deliveryOf(api, event)))
    const deliveries = await context.during('reading the deliveries', asked)
    for (const [index, event] of some.entries()) {
      const delivery = deliveries[index]
      if (context.json) told.push({ ...event, delivery: delivery ?? null })
      else show(context, event, delivery)
    }
  }
  if (context.json) context.print({ data: told }, () => '')
  else if (events.length === 0) context.out.write(`${noneOf(options)}\n`)
}

function noneOf({ type, call }: Options): string {
  if (call !== undefined) return 'No such events of this call.'
  return type === undefined ? 'No events yet.' : 'No such events yet.'
}

/** From the end of the list; where that is not enough, through all of it, which begins with the oldest. */
async function latest(api: ApiClient, options: Options): Promise<readonly Json[]> {
  const isWanted = fits(options)
  const isAny = options.type === undefined && options.call === undefined
  const asked = isAny ? Math.min(options.limit, pageLimit) : pageLimit
  const { body } = await api.get(`/v2/events?after=latest&limit=${asked}`)
  const end = recordsIn(body, 'data')
  const wanted = end.filter(isWanted)
  if (wanted.length >= options.limit || end.length < asked) return wanted.slice(-options.limit)
  return lastOfAll(api, options)
}

async function lastOfAll(api: ApiClient, options: Options): Promise<readonly Json[]> {
  const isWanted = fits(options)
  let found: Json[] = []
  let after = ''
  for (;;) {
    const from = after === '' ? '' : `&after=${piece(after)}`
    const { body } = await api.get(`/v2/events?limit=${pageLimit}${from}`)
    const items = recordsIn(body, 'data')
    found = [...found, ...items.filter(isWanted)].slice(-options.limit)
    after = textIn(recordIn(body, 'meta'), 'next')
    if (items.length < pageLimit) return found
  }
}

/** Undefined: not tried yet, or nobody is to be told. */
async function deliveryOf(api: ApiClient, event: Json): Promise<Json | undefined> {
  const path = `/v2/webhook_deliveries/${piece(textIn(event, 'id'))}`
  const { status, body } = await api.get(path, { allow: [404] })
  return status === 200 ? recordIn(body, 'data') : undefined
}

function show(context: Context, event: Json, delivery: Json | undefined): void {
  context.out.write(`${eventLine(context.paint, event)}\n`)
  if (delivery !== undefined) context.out.write(`${deliveryLine(context.paint, delivery)}\n`)
}

async function follow(context: Context, options: Options): Promise<undefined> {
  const api = context.api()
  const stopping = context.line.stopping()
  const forwarder =
    options.forwardTo === undefined
      ? undefined
      : createForwarder(context.line, options.forwardTo, options.signingKey)
  const get = patiently(context, api)
  const newest = async (): Promise<string> => {
    const { body } = await get('/v2/events?after=newest')
    return textIn(recordIn(body, 'meta'), 'next')
  }
  let after = await newest()
  greet(context, api, forwarder)
  const isWanted = fits(options)
  while (!stopping.aborted) {
    const path = `/v2/events?after=${piece(after)}&wait_secs=${waitSecs}&limit=100`
    const { status, body } = await get(path, { waitSecs, allow: [goneStatus] })
    if (status === goneStatus) {
      notice(context, 'the server has no events behind the last one; going on from now.')
      after = await newest()
      continue
    }
    after = textIn(recordIn(body, 'meta'), 'next')
    for (const event of recordsIn(body, 'data').filter(isWanted)) {
      context.printLine({ event }, () => eventLine(context.paint, event))
      if (forwarder === undefined) void tellDelivery(context, api, event)
      else await forward(context, forwarder, event)
    }
  }
}

function greet(context: Context, api: ApiClient, forwarder: Forwarder | undefined): void {
  const key = forwarder?.publicKey
  if (context.json) {
    context.printLine(
      { following: api.origin, ...(key === undefined ? {} : { public_key: key }) },
      () => '',
    )
    return
  }
  const to = forwarder === undefined ? '' : `, each is sent to ${forwarder.url}`
  context.out.write(
    context.paint.dim(`Events of ${api.origin} from now on${to}. Ctrl-C ends it.\n`),
  )
  if (key !== undefined) context.out.write(`TELNYX_PUBLIC_KEY=${key}\n`)
}

async function forward(context: Context, forwarder: Forwarder, event: Json): Promise<void> {
  const { ok, words, status } = await forwarder.send(event)
  const { paint } = context
  context.printLine(
    { forward: { id: textIn(event, 'id'), url: forwarder.url, status, ok } },
    () =>
      `${' '.repeat(14)}${ok ? paint.green(`✔ ${words}`) : paint.red(`✖ ${words}`)}  → ${forwarder.url}`,
  )
}

/** Beside everything else: a webhook that hangs does not hold up the events behind it. */
async function tellDelivery(context: Context, api: ApiClient, event: Json): Promise<void> {
  try {
    for (const ms of deliveryLooksMs) {
      await context.line.pause(ms)
      if (context.line.stopping().aborted) return
      const delivery = await deliveryOf(api, event)
      if (delivery === undefined) continue
      context.printLine({ delivery }, () => deliveryLine(context.paint, delivery))
      return
    }
  } catch {
    // The events themselves say when the server has gone.
  }
}
