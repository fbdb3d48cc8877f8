// A webhook receiver for tests: keeps every delivery, answers as told, and lets a test wait for an event.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { patience } from './patience.ts'

export interface Delivery {
  readonly type: string
  readonly id: string
  readonly attempt: number
  readonly payload: Readonly<Record<string, unknown>>
  readonly raw: string
  readonly headers: IncomingHttpHeaders
  readonly path: string
}

export interface Receiver {
  readonly origin: string
  readonly url: string
  readonly deliveries: readonly Delivery[]
  /** Status for the next deliveries; a function may decide per delivery, a promise may delay. */
  answerWith(status: number | ((delivery: Delivery) => number | Promise<number>)): void
  /** The first delivery, past or future, that fits; rejects after `timeoutMs` with what came instead. */
  waitFor(what: string | ((delivery: Delivery) => boolean), timeoutMs?: number): Promise<Delivery>
  /** Event types of one leg in order of arrival. */
  typesOf(callControlId: string): string[]
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const deliveries: Delivery[] = []
  const watchers = new Set<() => void>()
  let answer: (delivery: Delivery) => number | Promise<number> = () => 200
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8')
      const delivery = parse(raw, request.headers, request.url ?? '')
      deliveries.push(delivery)
      for (const watcher of [...watchers]) watcher()
      void Promise.resolve(answer(delivery)).then((status) => response.writeHead(status).end())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    url: `${origin}/webhooks`,
    deliveries,
    answerWith: (status) => {
      answer = typeof status === 'number' ? () => status : status
    },
    waitFor: (what, timeoutMs = 10_000) => {
      const fits = typeof what === 'string' ? (delivery: Delivery) => delivery.type === what : what
      return new Promise((resolve, reject) => {
        const look = (): boolean => {
          const found = deliveries.find(fits)
          if (found === undefined) return false
          watchers.delete(look)
          clearTimeout(late)
          resolve(found)
          return true
        }
        const giveUp = (): void => {
          if (look()) return
          watchers.delete(look)
          const seen = deliveries.map(({ type }) => type).join(', ')
          reject(
            new Error(`no ${typeof what === 'string' ? what : 'fitting webhook'}; came: ${seen}`),
          )
        }
        // After a standstill of this process its timers fire before it reads what came meanwhile.
        const late = setTimeout(
          () => setImmediate(() => setImmediate(giveUp)),
          timeoutMs * patience,
        )
        if (!look()) watchers.add(look)
      })
    },
    typesOf: (callControlId) =>
      deliveries
        .filter(({ payload }) => payload['call_control_id'] === callControlId)
        .map(({ type }) => type),
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function parse(raw: string, headers: IncomingHttpHeaders, path: string): Delivery {
  const body =
    raw === ''
      ? {}
      : (JSON.parse(raw) as { data?: Record<string, unknown>; meta?: { attempt?: number } })
  const data = body.data ?? {}
  return {
    type: typeof data['event_type'] === 'string' ? data['event_type'] : '',
    id: typeof data['id'] === 'string' ? data['id'] : '',
    attempt: body.meta?.attempt ?? 0,
    payload: (data['payload'] ?? {}) as Record<string, unknown>,
    raw,
    headers,
    path,
  }
}
