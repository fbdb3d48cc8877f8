// Both halves of the trace joined without a thread: what is told comes out of the timeline, and nothing told costs more than it may.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { brandAs } from '../base/ids.ts'
import type { LegId, SessionId } from '../base/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { SipEnds } from '../ports/trace.ts'
import { sampleEvents, sampleLeg, stamp } from '../../test/support/events.ts'
import { recordingMetrics, VirtualTime } from '../../test/support/virtual.ts'
import { TraceCore } from './core.ts'
import type { RenderEvent } from './describe.ts'
import type { FromTraceThread, ToTraceThread } from './protocol.ts'
import { isDamage, TraceTables } from './tables.ts'
import { createTrace, type RunningTrace } from './trace.ts'

const ends: SipEnds = {
  transport: 'UDP',
  localAddress: '127.0.0.1',
  localPort: 5060,
  remoteAddress: '127.0.0.2',
  remotePort: 5070,
}
const startMs = 1_741_079_401_000
const facts = sampleLeg()
const legId = facts.legId
const initiated = stamp(sampleEvents(facts).find(({ type }) => type === 'leg-initiated')!)
const ended = stamp(
  sampleEvents(facts).find(({ type }) => type === 'leg-ended')!,
  90,
)

const sip = (method: string, callId = 'c1'): Uint8Array =>
  Buffer.from(`${method} sip:x@y SIP/2.0\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n\r\n`)

interface Stage {
  readonly trace: RunningTrace
  readonly time: VirtualTime
  readonly metrics: ReturnType<typeof recordingMetrics>
  readonly warnings: string[]
  readonly file: string
  /** What the thread was told, as kinds. */
  readonly told: string[]
  /** The machine's clock is set on by so much. */
  wall(byMs: number): void
  /** It takes nothing more. */
  freeze(): void
  /** It dies; the next one is well. */
  kill(): void
}

function stage(
  t: TestContext,
  over: { file?: string; bytesMax?: number; hideDigits?: boolean } = {},
): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'))
  const file = over.file ?? join(folder, 'trace.db')
  const time = new VirtualTime(startMs)
  let aheadMs = 0
  const clock: Clock = {
    wallMs: () => time.wallMs() + aheadMs,
    wallUs: () => time.wallUs() + aheadMs * 1000,
    monotonicMs: () => time.monotonicMs(),
  }
  const metrics = recordingMetrics()
  const warnings: string[] = []
  const told: string[] = []
  let frozen = false
  let die: (why: string) => void = () => undefined
  const note = (_: unknown, message: string): void => void warnings.push(message)
  const trace = createTrace({
    clock,
    timers: time,
    metrics,
    log: { debug: note, info: note, warn: note, error: note },
    settings: {
      file,
      keepMs: 3_600_000,
      bytesMax: over.bytesMax ?? 1e9,
      ownAddress: '',
      hideDigits: over.hideDigits ?? false,
      connectionCodecs: '',
    },
    start: ({ onMessage, onGone }) => {
      let core: TraceCore | undefined
      die = onGone
      const post = (said: FromTraceThread): void => {
        time.soon(() => onMessage(structuredClone(said)))
      }
      return {
        stop: () => undefined,
        post: (value) => {
          const message = structuredClone(value) as ToTraceThread // From the other half.
          told.push(message.op)
          if (frozen) return
          if (message.op === 'begin') {
            const open = (name: string): TraceTables => new TraceTables(name)
            const render: RenderEvent = ({ event }) => ({
              name: 'call.some',
              data: { password: 'p', ...('digits' in event ? { digits: event.digits } : {}) },
            })
            core = new TraceCore({
              ...{ settings: message.settings, open, render, clock, timers: time, post },
              putAside: (name) => renameSync(name, `${name}.broken`),
            })
          } else core?.receive(message)
        },
      }
    },
  })
  t.after(async () => {
    const closed = trace.close()
    time.drainSoon()
    time.advance(5000)
    await closed
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    ...{ trace, time, metrics, warnings, file, told },
    freeze: () => (frozen = true),
    wall: (byMs) => (aheadMs += byMs),
    kill: () => {
      frozen = false
      die('killed')
    },
  }
}

async function answered<T>(time: VirtualTime, promise: Promise<T>): Promise<T> {
  time.drainSoon()
  return promise
}

async function itemsOf({ trace, time }: Stage, after = '0') {
  const found = await answered(time, trace.timelines.read(legId, after, 500, 0))
  return found?.timeline.items ?? []
}

test('messages find their leg by the Call-ID, also those that came before it was known', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  trace.message('in', sip('INVITE'), ends)
  time.advance(2000)
  trace.dialog('c1', legId)
  trace.events([initiated])
  trace.message('out', sip('BYE'), ends)
  trace.message('in', sip('OPTIONS', 'scanner'), ends)
  trace.message('in', sip('REGISTER'), ends)
  const items = await itemsOf(here)
  assert.deepEqual(
    items.filter(({ lane }) => lane === 'sip').map(({ summary }) => summary),
    ['← INVITE sip:x@y', '→ BYE sip:x@y'],
  )
  assert.deepEqual(items.find(({ lane }) => lane === 'event')?.detail, { password: '***' })
})

const keysAsInfo = [
  ...['INFO sip:x@y SIP/2.0', 'Call-ID: c1', 'CSeq: 2 INFO'],
  ...['Content-Type: application/dtmf-relay', '', 'Signal=7', 'Duration=160', ''],
].join('\r\n')

test('pressed keys are written, or not written anywhere, as the operator wishes', async (t) => {
  for (const hideDigits of [false, true]) {
    const { trace, time } = stage(t, { hideDigits })
    const events = sampleEvents(facts)
    trace.dialog('c1', legId)
    trace.events([initiated])
    for (const type of ['dtmf-received', 'gather-ended']) {
      trace.events([
        stamp(
          events.find((event) => event.type === type)!,
          3,
        ),
      ])
    }
    trace.message('in', Buffer.from(keysAsInfo), ends)
    trace.message('in', Buffer.from(keysAsInfo.replace('-relay', '').replace('Signal=', '')), ends)
    trace.command({
      ...{ atUs: startMs * 1000, durationMs: 1, legIds: [legId], method: 'POST', status: 200 },
      ...{ path: '/v2/calls/x/actions/send_dtmf', body: '{"digits":"4711"}', answer: '' },
      keyName: 'k',
    })
    const bundle = await answered(time, trace.timelines.bundle(legId))
    const capture = await answered(time, trace.timelines.pcap(legId))
    const text = `${bundle} ${Buffer.from(capture ?? []).toString('latin1')}`
    for (const secret of ['4711', '503', ': 5"', 'Signal=7', '\r\n\r\n7'])
      assert.equal(text.includes(secret), !hideDigits, secret)
    assert.match(text, /Duration=160/)
  }
})

test('legs that were bridged with a call are part of it, for the time of the call', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  const peer = sampleLeg({
    legId: brandAs<LegId>('v3:peer'),
    sessionId: brandAs<SessionId>('other'),
    legUuid: brandAs('u2'),
    startedAtUs: facts.startedAtUs + 1,
  })
  const event = (type: string, leg: typeof facts, atUs: number) =>
    stamp({ type, leg, peerLegId: peer.legId } as never, 5, { occurredAtUs: atUs })
  const startUs = facts.startedAtUs
  trace.events([
    event('leg-answered', peer, startUs - 1e9),
    initiated,
    event('leg-bridged', facts, startUs + 1000),
    event('leg-held', peer, startUs + 2000),
    { ...ended, occurredAtUs: startUs + 3000 },
    event('leg-resumed', peer, startUs + 1e9),
  ])
  const found = await answered(time, trace.timelines.read(legId, undefined, 100, 0))
  assert.deepEqual(
    found?.timeline.legs.map(({ call_control_id: id, state }) => [id, state]),
    [
      [legId, 'ended'],
      [peer.legId, 'answered'],
    ],
  )
  const theirs = found?.timeline.items.filter(({ leg }) => leg === peer.legId)
  assert.equal(theirs?.length, 1, 'only what happened meanwhile')
})

test('a reader hears of what happens while it waits, and of nothing when nothing does', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  trace.events([initiated])
  const [first] = await itemsOf(here)
  const waiting = trace.timelines.read(legId, first?.cursor, 10, 10_000)
  time.advance(3000)
  trace.hears(legId, 'silence')
  time.advance(300)
  const found = await answered(time, waiting)
  assert.deepEqual(
    found?.timeline.items.map(({ kind }) => kind),
    ['hears'],
  )
  const late = trace.timelines.read(legId, found?.next, 10, 10_000)
  time.advance(10_001)
  assert.deepEqual((await answered(time, late))?.timeline.items, [])
})

test('a thread that does not keep up costs a bounded queue; what is lost is counted and said', async (t) => {
  const here = stage(t)
  const { trace, time, metrics, warnings } = here
  trace.events([initiated])
  await itemsOf(here)
  here.freeze()
  for (let second = 0; second < 5; second++) {
    for (let one = 0; one < 20_000; one++) trace.message('in', sip('INFO'), ends)
    time.advance(1000)
    assert.ok(trace.backlog <= 10_000, `${trace.backlog} wait`)
  }
  const batches = here.told.filter((op) => op === 'batch').length
  assert.ok(batches <= 3, `${batches} batches for a thread that answers none`)
  assert.equal(warnings.length, 1)
  assert.ok((metrics.values.get('holdfast_trace_lost_total') ?? 0) > 0)
})

test('a thread that keeps up is given all that a fast day brings', async (t) => {
  const here = stage(t)
  const { trace, time, metrics } = here
  trace.events([initiated])
  await itemsOf(here)
  for (let tenth = 0; tenth < 40; tenth++) {
    for (let one = 0; one < 1200; one++) trace.message('in', sip('INFO'), ends)
    time.advance(100)
    time.drainSoon()
  }
  assert.equal(metrics.values.get('holdfast_trace_lost_total') ?? 0, 0)
  assert.ok(trace.backlog < 2000 + 1200, `${trace.backlog} wait`)
})

test('a call of 10,000 items, or of long ones, is read in pages that end somewhere', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  trace.events([initiated])
  trace.dialog('c1', legId)
  await itemsOf(here)
  const long = Buffer.concat([sip('MESSAGE'), Buffer.alloc(60_000, 'a')])
  for (let one = 0; one < 10_000; one++) {
    trace.message('in', one < 2000 && one % 10 === 0 ? long : sip('INFO'), ends)
    if (one % 100 === 99) time.advance(300)
    time.drainSoon()
  }
  const seen: string[] = []
  const pages: number[] = []
  for (let after = '0'; ;) {
    const page = await answered(time, trace.timelines.read(legId, after, 2000, 0))
    const items = page?.timeline.items ?? []
    if (items.length === 0) break
    pages.push(JSON.stringify(items).length)
    seen.push(...items.map(({ cursor }) => cursor))
    after = page?.next ?? ''
  }
  assert.equal(seen.length, 10_001)
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(Math.max(...pages) < 6_000_000, `${Math.max(...pages)} characters`)
  const bundle = JSON.parse((await answered(time, trace.timelines.bundle(legId))) ?? '')
  assert.deepEqual([bundle.complete, bundle.items.length], [true, 10_001])
})

test('messages that belong to nobody are held in a bounded room, the latest', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  trace.events([initiated])
  await itemsOf(here)
  const long = Buffer.alloc(60_000, 'a')
  for (let one = 0; one < 300; one++) {
    trace.message('in', Buffer.concat([sip('INVITE', `c${one}`), long]), ends)
    if (one % 100 === 99) time.advance(300)
    time.drainSoon()
  }
  for (const callId of ['c0', 'c299']) trace.dialog(callId, legId)
  const ids = (await itemsOf(here)).flatMap(({ lane, detail }) =>
    lane === 'sip' ? [detail['call_id']] : [],
  )
  assert.deepEqual(ids, ['c299'])
})

test('messages beyond the room for their characters are lost, not kept', (t) => {
  const { trace } = stage(t)
  const big = Buffer.alloc(60_000, 'a')
  for (let one = 0; one < 1000; one++) trace.message('in', big, ends)
  assert.ok(trace.backlog * big.length <= 16 * 1024 * 1024, `${trace.backlog}`)
})

test('a thread that dies is started again; its readers are told, and its file goes on', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  trace.events([initiated])
  const [first] = await itemsOf(here)
  const waiting = trace.timelines.read(legId, first?.cursor, 10, 10_000)
  here.kill()
  await assert.rejects(waiting, /killed/)
  await assert.rejects(trace.timelines.bundle(legId), /away/)
  trace.events([ended])
  time.advance(6000)
  const kinds = (await itemsOf(here)).map(({ kind }) => kind)
  assert.equal(kinds.length, 2)
})

test('what a thread was given and did not say that it took counts as lost', async (t) => {
  const here = stage(t)
  const { trace, time, metrics } = here
  trace.events([initiated])
  await itemsOf(here)
  here.freeze()
  trace.events([ended])
  time.advance(1000)
  here.kill()
  time.advance(6000)
  await itemsOf(here)
  assert.equal(metrics.values.get('holdfast_trace_lost_total'), 1)
})

test('a thread that dies again and again is started less and less often', async (t) => {
  const here = stage(t)
  const { time, told } = here
  const begun = (): number => told.filter((op) => op === 'begin').length
  time.advance(1500)
  here.freeze()
  for (const [pauseMs, starts] of [
    [5000, 2],
    [10_000, 3],
    [20_000, 4],
    [40_000, 5],
    [60_000, 6],
    [60_000, 7],
  ] as const) {
    here.kill()
    time.advance(pauseMs - 1)
    assert.equal(begun(), starts - 1)
    time.advance(1)
    assert.equal(begun(), starts)
  }
})

test('old things go, and the oldest when there is no room', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  trace.events([initiated])
  assert.equal((await itemsOf(here)).length, 1)
  time.advance(2 * 3_600_000)
  assert.equal(await answered(time, trace.timelines.read(legId, '0', 10, 0)), undefined)

  const small = stage(t, { bytesMax: 600_000 })
  small.trace.events([initiated])
  small.trace.dialog('c1', legId)
  for (let round = 0; round < 8; round++) {
    for (let one = 0; one < 500; one++) small.trace.message('in', sip('INFO'), ends)
    small.time.advance(1000)
  }
  small.time.advance(120_000)
  const tables = new TraceTables(small.file)
  t.after(() => tables.close())
  assert.ok(tables.bytes() < 700_000, `${tables.bytes()} bytes`)
  assert.ok((await itemsOf(small)).length > 0, 'the newest stays')
})

test('a fast day does not carry the file over its limit until the next minute', async (t) => {
  const bytesMax = 5_000_000
  const { trace, time, file } = stage(t, { bytesMax })
  trace.events([initiated])
  trace.dialog('c1', legId)
  for (let round = 0; round < 40; round++) {
    for (let one = 0; one < 1000; one++) trace.message('in', sip('INFO'), ends)
    time.advance(100)
    time.drainSoon()
  }
  time.advance(900)
  const tables = new TraceTables(file)
  t.after(() => tables.close())
  assert.ok(tables.bytes() < bytesMax * 1.2, `${tables.bytes()} bytes`)
  await answered(time, trace.timelines.read(legId, '0', 1, 0))
})

test('clocks that are years off take nothing: age is the time in which the server ran', async (t) => {
  const file = join(folderOf(t), 'trace.db')
  const tables = new TraceTables(file)
  const has = (leg: string): boolean => tables.scopeOf(leg) !== undefined
  const yearsUs = 10 * 365 * 86_400_000_000
  const far = (name: string, byUs: number) =>
    sampleLeg({
      ...{ legId: brandAs<LegId>(name), legUuid: brandAs(`u-${name}`) },
      ...{ sessionId: brandAs<SessionId>(`s-${name}`), startedAtUs: startMs * 1000 + byUs },
    })
  const put = (leg: typeof facts): void => {
    tables.changeLeg({ facts: leg, state: 'ringing' })
    const item = { lane: 'media', kind: 'x', summary: '', detail: {} } as const
    tables.transact(() => {
      for (let one = 0; one < 2500; one++)
        tables.putItem({ ...item, atUs: leg.startedAtUs, leg: leg.legId })
    })
  }
  // What an earlier process wrote, with a clock that was right and with one that was not; ours is behind the first.
  const [ahead, behind] = [far('v3:ahead', yearsUs), far('v3:behind', -yearsUs)]
  put(ahead)
  put(behind)
  const here = stage(t, { file })
  here.trace.events([initiated])
  here.time.advance(30 * 60_000)
  assert.ok(has(ahead.legId) && has(behind.legId) && has(legId))
  const { rows } = tables.calls({}, { number: 1, size: 10 })
  assert.equal(
    rows[0]?.call_control_id,
    legId,
    'the latest call is the first, whatever its clock said',
  )
  // The clock is set right: what the server has written this hour stays for its time.
  here.wall(yearsUs / 1000)
  const late = far('v3:late', yearsUs)
  here.trace.events([stamp({ ...initiated.event, leg: late } as never)])
  here.time.advance(29 * 60_000)
  assert.ok(has(ahead.legId) && has(behind.legId) && has(legId) && has(late.legId))
  here.time.advance(3 * 60_000)
  assert.deepEqual(
    [ahead, behind, facts, late].map((one) => has(one.legId)),
    [false, false, false, true],
  )
  // And the next process goes on counting.
  const next = stage(t, { file })
  next.trace.events([])
  void next.trace.timelines.read(legId, '0', 1, 0)
  next.time.advance(20 * 60_000)
  assert.ok(has(late.legId))
  next.time.advance(15 * 60_000)
  assert.ok(!has(late.legId))
  tables.close()
})

test('a clock that is set on while a message waits for its leg does not cost the message', async (t) => {
  const here = stage(t)
  here.trace.message('in', sip('INVITE'), ends)
  here.time.advance(2000)
  here.wall(86_400_000)
  here.trace.message('in', sip('OPTIONS', 'scanner'), ends)
  here.time.advance(1000)
  here.trace.dialog('c1', legId)
  here.trace.events([initiated])
  here.time.advance(1000)
  assert.equal((await itemsOf(here)).filter(({ lane }) => lane === 'sip').length, 1)
})

test('calls are listed by what is asked for', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  const other = sampleLeg({ legId: brandAs<LegId>('v3:b'), legUuid: brandAs('u'), from: 'bob' })
  const queued = sampleEvents(facts).find(({ type }) => type === 'call-enqueued')!
  trace.events([initiated, stamp(queued, 3), stamp({ ...initiated.event, leg: other } as never)])
  const page = { number: 1, size: 10 }
  const ask = async (query: Parameters<typeof trace.timelines.calls>[0]) =>
    (await answered(time, trace.timelines.calls(query, page))).rows.map((row) => row.from)
  assert.equal((await ask({})).length, 2)
  assert.deepEqual(await ask({ from: 'bob' }), ['bob'])
  assert.deepEqual(await ask({ state: 'queued', queue_name: 'support' }), [facts.from])
  assert.deepEqual(await ask({ startedFromUs: facts.startedAtUs + 1 }), [])
  assert.deepEqual(await ask({ startedToUs: facts.startedAtUs, call_control_id: 'v3:b' }), ['bob'])
})

test('a server that stops does not wait for readers who wait', async (t) => {
  const here = stage(t)
  const { trace, time } = here
  trace.events([initiated])
  const [first] = await itemsOf(here)
  const ask = () => trace.timelines.read(legId, first?.cursor, 10, 30_000)
  const waiting = ask()
  trace.release()
  assert.deepEqual((await answered(time, waiting))?.timeline.items, [])
  assert.deepEqual((await answered(time, ask()))?.timeline.items, [])
  here.freeze()
  const stuck = ask()
  trace.release()
  time.advance(1000)
  await assert.rejects(stuck, /stops/)
})

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function refusalOf(file: string): unknown {
  try {
    new TraceTables(file).close()
  } catch (error) {
    return error
  }
  return undefined
}

test('a file of something else is refused by the tables, and never of use', (t) => {
  const file = join(folderOf(t), 'x.db')
  writeFileSync(file, 'this is no database, and long enough to be seen as none')
  assert.equal(isDamage(refusalOf(file)), true)
  const other = join(folderOf(t), 'y.db')
  const database = new DatabaseSync(other)
  database.exec('PRAGMA user_version = 99')
  database.close()
  assert.equal(isDamage(refusalOf(other)), true)
})

test('a file that somebody else holds is waited for, and not given up as damaged', (t) => {
  const file = join(folderOf(t), 'x.db')
  const holder = new DatabaseSync(file)
  holder.exec('CREATE TABLE x (y); BEGIN EXCLUSIVE')
  t.after(() => holder.close())
  const refusal = refusalOf(file)
  assert.match(String(refusal), /locked/)
  assert.equal(isDamage(refusal), false)
})

test('a file whose damage shows late is put aside; the timelines go on in a new one', async (t) => {
  const file = join(folderOf(t), 'trace.db')
  const tables = new TraceTables(file)
  tables.changeLeg({ facts, state: 'ringing' })
  tables.close()
  // All but the page with the schema, which opening reads.
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xab, 4096))
  const here = stage(t, { file })
  here.trace.events([initiated])
  await itemsOf(here).catch(() => [])
  assert.equal(existsSync(`${file}.broken`), true)
  here.trace.events([initiated])
  here.time.advance(300)
  assert.equal((await itemsOf(here)).length, 1)
  assert.equal(here.warnings.length, 1)
})
