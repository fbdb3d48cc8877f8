// Where the webhooks of the server under test arrive. They may come over HTTP, or be handed in by something that stood
// between the server and us.
import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isRecord } from './check.ts'
import type { Json } from './stage.ts'

export interface Delivery {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  /** The decoded body; undefined when it is no JSON object. */
  readonly body: Json | undefined
  /** `data`, its `event_type` and its `payload`; empty when they are not there. */
  readonly data: Json
  readonly type: string
  readonly payload: Json
  /** By our clock, when it came. */
  readonly atMs: number
  readonly path: string
}

export interface Webhooks {
  readonly url: string
  /** Another address of ours: below `url`, with this path. */
  at(path: string): string
  /** The first `times` deliveries to that path are answered with `status`, or (0) only after three seconds. */
  failAt(path: string, status: number, times?: number): void
  readonly deliveries: readonly Delivery[]
  /** The first delivery, past or future, that fits. */
  next(fits: (delivery: Delivery) => boolean, what: string, timeoutMs?: number): Promise<Delivery>
  /** All deliveries of one call in the order of arrival. */
  ofCall(callControlId: string): readonly Delivery[]
  close(): Promise<void>
}

/** Listens at `port` (0: any) of `host`; `publicUrl` is what the server calls, when that is another address. */
export async function openWebhooks(
  host = '127.0.0.1',
  port = 0,
  publicUrl?: string,
): Promise<Webhooks> {
  const deliveries: Delivery[] = []
  const byCall = new Map<unknown, Delivery[]>()
  const watchers = new Set<(delivery: Delivery) => void>()
  const failing = new Map<string, { readonly status: number; times: number }>()
  /** What a delivery to this path is answered with; 0: late. */
  const statusAt = (path: string): number => {
    for (const [end, failure] of failing) {
      if (!path.endsWith(`/${end}`) || failure.times <= 0) continue
      failure.times -= 1
      return failure.status
    }
    return 200
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8')
      const { method = '', headers, url = '/' } = request
      const delivery = deliveryOf(method, headers, raw, url)
      deliveries.push(delivery)
      const id = delivery.payload['call_control_id']
      byCall.set(id, [...(byCall.get(id) ?? []), delivery])
      const status = statusAt(url)
      if (status > 0) response.writeHead(status).end()
      else setTimeout(() => response.writeHead(200).end(), 3_000).unref()
      for (const watcher of [...watchers]) watcher(delivery)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  const address = server.address() as AddressInfo // Listening on TCP: never a pipe's name.
  const ownUrl = publicUrl ?? `http://${host}:${address.port}/webhooks`
  return {
    url: ownUrl,
    at: (path) => `${ownUrl.replace(/\/$/, '')}/${path}`,
    failAt: (path, status, times = Infinity) => failing.set(path, { status, times }),
    deliveries,
    ofCall: (id) => byCall.get(id) ?? [],
    next: (fits, what, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const past = deliveries.find(fits)
        if (past !== undefined) return resolve(past)
        const look = (delivery: Delivery): void => {
          if (!fits(delivery)) return
          watchers.delete(look)
          clearTimeout(late)
          resolve(delivery)
        }
        const late = setTimeout(() => {
          watchers.delete(look)
          reject(new assert.AssertionError({ message: `no ${what} within ${timeoutMs} ms` }))
        }, timeoutMs)
        watchers.add(look)
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function deliveryOf(
  method: string,
  headers: IncomingHttpHeaders,
  raw: string,
  path: string,
): Delivery {
  const body = parsed(raw)
  const data = isRecord(body?.['data']) ? body['data'] : {}
  const payload = isRecord(data['payload']) ? data['payload'] : {}
  const type = typeof data['event_type'] === 'string' ? data['event_type'] : ''
  return { method, headers, raw, body, data, type, payload, atMs: Date.now(), path }
}

function parsed(raw: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(raw)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
