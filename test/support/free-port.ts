// Ports for servers that are told where to listen, or that come back to where they were. They lie below those that the
// system hands out by itself (to phones, to connections, to whatever binds port 0), which would otherwise take one in the
// moment in which nobody has it, and below those that a server has for RTP by default. Each test process has a block of them
// to itself, whatever else runs on this machine: that its first port is listened on says so.
import { createSocket } from 'node:dgram'
import { createServer, type Server } from 'node:net'

const firstPort = 10_000
const blockPorts = 250
const blocks = 40

interface Block {
  next: number
  readonly end: number
}

/** The block that ports are taken from. */
let block: Promise<Block> | undefined

/** A port that nobody has, of TCP and UDP on loopback, and that nobody gets by chance while this process lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    const { first: port } = await take(1)
    if ((await listens(port, false)) !== undefined && (await bindsUdp(port))) return port
  }
}

/** A range for `media.ports` that no other test server uses. */
export async function freeRtpPorts(count = 200): Promise<string> {
  const { first, last } = await take(count)
  return `${first}-${last}`
}

async function take(count: number): Promise<{ readonly first: number; readonly last: number }> {
  if (count >= blockPorts) throw new Error(`${count} ports are more than a block has`)
  for (;;) {
    const asked = (block ??= newBlock())
    const mine = await asked
    // RTP has the even ports.
    const first = count === 1 ? mine.next : mine.next + (mine.next % 2)
    if (first + count <= mine.end) {
      mine.next = first + count
      return { first, last: first + count - 1 }
    }
    if (block === asked) block = undefined
  }
}

/** Not the same one as the process before: what it started may be on its way out. */
async function newBlock(): Promise<Block> {
  for (let tried = 0; tried < blocks; tried++) {
    const at = firstPort + ((process.pid + tried) % blocks) * blockPorts
    const sign = await listens(at, true)
    if (sign !== undefined) return { next: at + 1, end: at + blockPorts }
  }
  throw new Error('all blocks of ports are taken')
}

/** `keep`: until this process ends, which it does not prevent. */
function listens(port: number, keep: boolean): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      if (!keep) return void server.close(() => resolve(server))
      server.unref()
      resolve(server)
    })
  })
}

function bindsUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
  })
}
