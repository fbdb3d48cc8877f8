// The console's pages over an API that only plays: as many callers as a test wants, and events when it wants them. For what
// real phones cannot give within a test: a thousand people in one queue, a thousand queues, a call with thousands of lines.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createConsole } from '../../src/console/pages.ts'
import { consoleFolder, readPageFolder } from '../../src/platform/page-folder.ts'

export interface ConsoleFixture {
  readonly origin: string
  /** One more at the end of the queue. */
  enqueue(): void
  /** The first in line leaves. */
  dequeue(): void
  /** Everybody who listens is connected anew: they load their lists again. */
  greet(version?: string): void
  /** Who listens to the live stream. */
  readers(): number
  /** New figures to everybody who listens. */
  tellStatistics(): void
  waiting(): number
  close(): Promise<void>
}

const queueName = 'crowd'
const legId = `v3:${'x'.repeat(54)}`

/** Lines `from` to `to` of a call that is over. */
function timelineOf(from: number, to: number): unknown {
  const startMs = Date.parse('2026-11-22T08:00:00Z')
  const lanes = ['sip', 'command', 'event', 'webhook', 'media'] as const
  const leg = {
    ...{ call_control_id: legId, call_session_id: 's', direction: 'incoming', state: 'ended' },
    ...{ from: '+15550101', to: '+15550100', queue_name: null, hangup_cause: 'normal_clearing' },
    started_at: new Date(startMs).toISOString(),
    ...{ answered_at: null, ended_at: new Date(startMs + 3_600_000).toISOString() },
  }
  const items = Array.from({ length: to - from }, (_, index) => ({
    at: new Date(startMs + (from + index) * 900).toISOString(),
    ...{ lane: lanes[(from + index) % lanes.length], leg: legId, kind: 'line' },
    ...{ summary: `→ Line ${from + index}`, detail: { direction: 'in', method: 'INFO' } },
    cursor: String(from + index + 1),
  }))
  return { call_control_id: legId, call_session_id: 's', legs: [leg], items, gaps: [] }
}

interface Person {
  readonly id: string
  readonly number: number
  readonly sinceMs: number
}

export interface ConsoleFixtureOptions {
  /** Callers in the queue `crowd` at the beginning. */
  readonly waiting: number
  /** Queues besides it. */
  readonly queues?: number
  /** Lines of the timeline of any call. */
  readonly lines?: number
}

export async function startConsoleFixture(options: ConsoleFixtureOptions): Promise<ConsoleFixture> {
  const { waiting, queues = 0, lines = 0 } = options
  const pages = createConsole(readPageFolder(consoleFolder))
  const startMs = Date.now()
  let made = 0
  let cursor = 0
  const person = (): Person => ({
    id: `v3:${String(++made).padStart(54, 'x')}`,
    number: made,
    sinceMs: startMs - Math.max(0, waiting - made) * 700,
  })
  const people = Array.from({ length: waiting }, person)
  const readers = new Set<ServerResponse>()

  const callOf = (one: Person, index: number) => ({
    call_control_id: one.id,
    call_leg_id: `leg-${one.number}`,
    call_session_id: `session-${one.number}`,
    connection_id: '1',
    from: `+1555${String(one.number).padStart(7, '0')}`,
    to: '+18005550100',
    enqueued_at: new Date(one.sinceMs).toISOString(),
    wait_time_secs: 0,
    queue_position: index + 1,
    queue_id: 'q',
    is_alive: true,
    record_type: 'queue_call',
  })
  const statistics = (name: string | null) => ({
    record_type: 'queue_statistics',
    queue_name: name,
    as_of: new Date().toISOString(),
    waiting_now: people.length,
    oldest_enqueued_at: people[0] === undefined ? null : new Date(people[0].sinceMs).toISOString(),
    waiting_history: Array.from({ length: 60 }, (_, minute) => Math.round((waiting * minute) / 60)),
    today: { offered: 1200, answered: 180, abandoned: 20, short_abandoned: 4, left_otherwise: 0 },
    service_level: {
      percent: 71.3,
      seconds: 20,
      target_percent: 80,
      formula: 'answered / offered',
    },
    speed_of_answer: { p50_secs: 18, p90_secs: 95, average_secs: 31.5 },
    agents: { talking_legs: 12 },
    ...(name === null ? { webhooks: { backlog: 0, oldest_secs: null } } : {}),
  })
  const allStatistics = () => [
    statistics(null),
    statistics(queueName),
    ...Array.from({ length: queues }, (_, index) => statistics(`queue ${index + 1}`)),
  ]
  const answers: Readonly<Record<string, () => unknown>> = {
    '/v2/sessions': () => ({ data: { role: 'admin' } }),
    '/v2/sessions/current': () => ({ data: { role: 'admin' } }),
    '/v2/queue_statistics': () => ({
      data: allStatistics(),
      meta: { total_pages: 1 },
    }),
  }
  const send = (event: string, data: unknown, id?: string): void => {
    const text = `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    for (const reader of readers) reader.write(text)
  }
  const tell = (event_type: string, one: Person): void => {
    const payload = { call_control_id: one.id, queue: queueName }
    const id = String(++cursor)
    send(
      'event',
      { cursor: id, event_type, id, occurred_at: new Date().toISOString(), payload },
      id,
    )
  }

  const api = (path: string, query: URLSearchParams): unknown => {
    const simple = answers[path]
    if (simple !== undefined) return simple()
    if (path === `/v2/queues/${queueName}/calls`) {
      const number = Number(query.get('page[number]') ?? 1)
      const size = Number(query.get('page[size]') ?? 20)
      const all = people.map(callOf)
      const total_pages = Math.ceil(all.length / size)
      const meta = { total_pages, total_results: all.length }
      return { data: all.slice((number - 1) * size, number * size), meta }
    }
    if (path.endsWith('/timeline')) {
      const after = Number(query.get('after') ?? 0)
      const size = Number(query.get('limit') ?? 500)
      return {
        data: timelineOf(after, Math.min(lines, after + size)),
        meta: { next: String(Math.min(lines, after + size)) },
      }
    }
    const index = people.findIndex(({ id }) => path.endsWith(`/calls/${encodeURIComponent(id)}`))
    const found = people[index]
    return found === undefined ? undefined : { data: callOf(found, index) }
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fixture')
    request.resume()
    if (url.pathname === '/v2/live') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      readers.add(response)
      response.on('close', () => readers.delete(response))
      const hello = { server_time: new Date().toISOString(), version: 'fixture' }
      response.write(`event: hello\ndata: ${JSON.stringify(hello)}\n\n`)
      return
    }
    if (url.pathname.startsWith('/v2/')) {
      const body = api(url.pathname, url.searchParams)
      const status = body === undefined ? 404 : 200
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body ?? { errors: [{ detail: 'There is none.' }] }))
      return
    }
    const page = pages({
      path: url.pathname.replace(/^\/console\/?/, ''),
      ifNoneMatch: request.headers['if-none-match'],
      acceptEncoding: undefined,
    })
    response.writeHead(page.status, { ...page.headers })
    response.end(page.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return {
    origin: `http://127.0.0.1:${port}`,
    enqueue: () => {
      const one = { ...person(), sinceMs: Date.now() }
      people.push(one)
      tell('call.enqueued', one)
    },
    dequeue: () => {
      const one = people.shift()
      if (one !== undefined) tell('call.dequeued', one)
    },
    tellStatistics: () => {
      const all = allStatistics()
      for (let from = 0; from < all.length; from += 100)
        send('statistics', { data: all.slice(from, from + 100) })
    },
    greet: (version = 'fixture') =>
      send('hello', { server_time: new Date().toISOString(), version }),
    readers: () => readers.size,
    waiting: () => people.length,
    close: () => {
      for (const reader of readers) reader.destroy()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
