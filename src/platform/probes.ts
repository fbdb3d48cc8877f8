// Looks at this machine and its surroundings without changing anything: which ports are free, how much disk there is,
// who answers. For the doctor of the command line.

import { createSocket } from 'node:dgram'
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { connect, createServer, isIPv6 } from 'node:net'
import { dirname, join } from 'node:path'

/** `foreign`: the address is not one of this machine's. */
export type PortState = 'free' | 'taken' | 'foreign' | 'denied' | 'unknown'

/** Tries to bind the port and lets it go again. */
export function tryPort(kind: 'tcp' | 'udp', host: string, port: number): Promise<PortState> {
  return new Promise((resolve) => {
    if (kind === 'tcp') {
      const server = createServer()
      server.once('error', (error) => resolve(stateOf(error)))
      server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('free')))
      return
    }
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    socket.once('error', (error) => {
      socket.close()
      resolve(stateOf(error))
    })
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve('free')))
  })
}

function stateOf(error: Error): PortState {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE') return 'taken'
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'foreign'
  return code === 'EACCES' ? 'denied' : 'unknown'
}

export interface DiskState {
  /** The folder that was looked at: the nearest that exists. */
  readonly folder: string
  readonly freeBytes: number
  readonly write: DiskWrite
}

/** How long one write took to reach the disk, or why nothing could be written. */
export type DiskWrite =
  | { readonly ok: true; readonly syncMs: number }
  | { readonly ok: false; readonly why: 'full' | 'read-only' | 'not-allowed' }

/** The disk below a folder that need not exist yet. */
export function diskState(path: string): DiskState {
  let folder = path
  while (!exists(folder) && dirname(folder) !== folder) folder = dirname(folder)
  const { bavail, bsize } = statfsSync(folder)
  const write = tryWrite(join(folder, `.holdfast-doctor-${process.pid}`))
  return { folder, freeBytes: bavail * bsize, write }
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.F_OK)
    return true
  } catch {
    return false
  }
}

function tryWrite(path: string): DiskWrite {
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      writeSync(file, 'x'.repeat(4096))
      const startMs = performance.now()
      fsyncSync(file)
      return { ok: true, syncMs: performance.now() - startMs }
    } finally {
      closeSync(file)
      unlinkSync(path)
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOSPC' || code === 'EDQUOT') return { ok: false, why: 'full' }
    return { ok: false, why: code === 'EROFS' ? 'read-only' : 'not-allowed' }
  }
}

/** The first datagram that comes back, or undefined; the request is repeated, datagrams get lost. */
export function askByDatagram(
  host: string,
  port: number,
  request: (localPort: number) => string,
  timeoutMs: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    let repeat: NodeJS.Timeout | undefined
    const finish = (answer: string | undefined): void => {
      clearTimeout(late)
      clearInterval(repeat)
      socket.close()
      resolve(answer)
    }
    const late = setTimeout(() => finish(undefined), timeoutMs)
    socket.once('error', () => finish(undefined))
    socket.once('message', (bytes) => finish(bytes.toString()))
    // Connected, so that the kernel says when nobody listens there.
    socket.connect(port, host, () => {
      const text = request(socket.address().port)
      const send = (): void => socket.send(text, () => undefined)
      send()
      repeat = setInterval(send, 500)
    })
  })
}

/** True when a TCP connection can be made. */
export function canConnect(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const finish = (made: boolean) => () => {
      socket.destroy()
      resolve(made)
    }
    socket.once('connect', finish(true))
    socket.once('timeout', finish(false))
    socket.once('error', finish(false))
  })
}
