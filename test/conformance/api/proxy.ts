// Stands between the suite and the server: requests and webhooks pass through, and a deviation may change what comes back
// or what is told. Webhooks are signed again with a key of the proxy's own, which it also gives out as the server's public
// key; otherwise every changed webhook would be noticed by its signature alone.
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface WireAnswer {
  status: number
  headers: Record<string, string>
  /** Decoded; undefined for an empty body, and for what is no JSON. */
  body: unknown
  /** What is no JSON, as it came. */
  readonly file?: Buffer
}

export interface WireEvent {
  headers: Record<string, string>
  /** The envelope, decoded. */
  body: { data: Record<string, unknown>; meta: Record<string, unknown> }
  /** Sent instead of the body's own text, after signing. */
  raw?: string
}

/** What a deviation does; all parts are optional. */
export interface Deviation {
  readonly answer?: (answer: WireAnswer, method: string, path: string) => void
  /** False: the webhook is lost; 'later': it comes after the next one of its call. */
  readonly webhook?: (event: WireEvent) => void | false | 'later' | 'twice'
  /** After the signature was made. */
  readonly signed?: (headers: Record<string, string>) => void
}

export interface Proxy {
  readonly baseUrl: string
  /** Where the server is to send webhooks. */
  readonly webhookUrl: string
  /** Sets where requests go. */
  serve(origin: string): void
  /** Sets where webhooks go. */
  tell(url: string): void
  deviate(deviation: Deviation | undefined): void
  close(): Promise<void>
}

export async function openProxy(): Promise<Proxy> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  // The last 32 bytes of the DER form are the key itself (RFC 8410 §4).
  const publicText = publicKey
    .export({ format: 'der', type: 'spki' })
    .subarray(-32)
    .toString('base64')
  const signer = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
  let origin = ''
  let target = ''
  let deviation: Deviation | undefined
  const held = new Map<string, WireEvent>()

  const api = createServer((incoming, outgoing) => {
    const pass = async (body: Buffer): Promise<void> => {
      const { method = 'GET', url = '/' } = incoming
      const answer = await forward(`${origin}${url}`, method, headersOf(incoming), body)
      if (url === '/v2/public_key' && isData(answer.body)) answer.body.data['public'] = publicText
      const path = url.replace(/^\/v2/, '').split('?')[0] ?? ''
      deviation?.answer?.(answer, method, path)
      const text = answer.body === undefined ? '' : JSON.stringify(answer.body)
      outgoing.writeHead(answer.status, answer.headers)
      outgoing.end(answer.file ?? (answer.status === 204 ? undefined : text))
    }
    // The server, or whoever asks, has closed the connection: the other side sees the same.
    bodyOf(incoming)
      .then(pass)
      .catch(() => void outgoing.destroy())
  })
  const deliver = async (event: WireEvent): Promise<void> => {
    event.body.meta['delivered_to'] = event.body.meta['delivered_to'] === hookUrl() ? target : 'x'
    const change = deviation?.webhook?.(event)
    if (change === false) return
    const call = callOf(event)
    if (change === 'later') {
      held.set(call, event)
      return
    }
    await send(event)
    if (change === 'twice') await send(event)
    const late = held.get(call)
    held.delete(call)
    if (late !== undefined) await send(late)
  }
  const send = async (event: WireEvent): Promise<void> => {
    const raw = JSON.stringify(event.body)
    const headers = { ...event.headers }
    const timestamp = headers['telnyx-timestamp'] ?? ''
    const signature = sign(null, Buffer.from(`${timestamp}|${raw}`), signer)
    headers['telnyx-signature-ed25519'] = signature.toString('base64')
    deviation?.signed?.(headers)
    await forward(target, 'POST', headers, Buffer.from(event.raw ?? raw))
  }
  // One after the other: the proxy must not be what changes the order.
  let queue = Promise.resolve()
  const hooks = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((bytes) => {
      const body = JSON.parse(bytes.toString('utf8')) as WireEvent['body'] // What our server sends.
      queue = queue
        .then(() => deliver({ headers: headersOf(incoming), body }))
        .catch(() => undefined) // The suite is gone already.
        .then(() => void outgoing.writeHead(200).end())
    })
  })
  await Promise.all([listen(api), listen(hooks)])
  const hookUrl = (): string => `http://127.0.0.1:${portOf(hooks)}/webhooks`
  return {
    baseUrl: `http://127.0.0.1:${portOf(api)}/v2`,
    webhookUrl: hookUrl(),
    serve: (url) => (origin = url),
    tell: (url) => (target = url),
    deviate: (next) => {
      deviation = next
      held.clear()
    },
    close: async () => {
      for (const server of [api, hooks]) {
        server.closeAllConnections()
        await new Promise<void>((resolve) => server.close(() => resolve()))
      }
    },
  }
}

function callOf({ body }: WireEvent): string {
  const { payload } = body.data
  const named = typeof payload === 'object' && payload !== null && 'call_control_id' in payload
  return named ? String(payload.call_control_id) : ''
}

function isData(body: unknown): body is { data: Record<string, unknown> } {
  return typeof body === 'object' && body !== null && 'data' in body
}

const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port // Listening on TCP: never a pipe's name.
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array)) // Without an encoding: bytes.
  return Buffer.concat(chunks)
}

/** Headers with one value each, without those that belong to one hop. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const own = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || own.includes(name) ? [] : [[name, String(value)]],
    ),
  )
}

// node:http and not fetch: header names and an absent content type must pass as they are.
function forward(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: Buffer,
): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const length =
      body.length > 0 || 'content-type' in headers ? { 'content-length': body.length } : {}
    // A connection of its own: one that is kept may be closed by the other side in the moment of the next request.
    const options = { method, headers: { ...headers, ...length }, agent: false }
    const outgoing = request(url, options, (incoming) => {
      bodyOf(incoming).then((bytes) => {
        const status = incoming.statusCode ?? 0
        const isFile = String(incoming.headers['content-type']).startsWith('audio/')
        const content = isFile
          ? { body: undefined, file: bytes }
          : { body: decoded(bytes.toString('utf8')) }
        resolve({ status, headers: headersOf(incoming), ...content })
      }, reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function decoded(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
