// A proxy that loses answers: the request reaches the server and is answered, the client never hears of it.
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface LosingProxy {
  readonly origin: string
  /** The connections of the next so many matching requests are cut once the server has answered. */
  lose(count: number, fits: (path: string) => boolean): void
  /** `METHOD path`, with the number of the attempt as the SDK counts it, of everything that passed. */
  readonly passed: readonly string[]
  close(): Promise<void>
}

export async function startLosingProxy(targetOrigin: string): Promise<LosingProxy> {
  let left = 0
  let fits: (path: string) => boolean = () => false
  const passed: string[] = []
  const proxy = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '/'
    const attempt = String(incoming.headers['x-stainless-retry-count'] ?? '-')
    passed.push(`${incoming.method} ${path} ${attempt}`)
    const { method = 'GET', headers } = incoming
    const forwarded = httpRequest(`${targetOrigin}${path}`, { method, headers }, (answer) => {
      const losing = left > 0 && fits(path)
      if (losing) left -= 1
      else outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('data', (bytes: Buffer) => losing || outgoing.write(bytes))
      answer.on('end', () => (losing ? incoming.socket.destroy() : outgoing.end()))
    })
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo // Listening on TCP: never a pipe's name.
  return {
    origin: `http://127.0.0.1:${port}`,
    lose: (count, such) => {
      left = count
      fits = such
    },
    passed,
    close: async () => {
      proxy.closeAllConnections()
      await new Promise<void>((resolve) => proxy.close(() => resolve()))
    },
  }
}
