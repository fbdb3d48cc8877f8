// TCP connections that cost whoever opens them nothing: half messages, endless ones, and so many that say nothing that there
// is room for no other. Phones must get in and calls go on all the same. Strangers sit on 127.8.x.y.
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { startStage, type Stage } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

/** The server keeps 64 of one stranger and 4,000 in all (src/sip/transaction/config.ts). */
const perStranger = 64
const strangers = 64
const password = 'secret of desk'

let stage: Stage

before(async () => {
  stage = await startStage({
    config: {
      sip: { accept_unauthenticated_from: [] },
      sip_users: [{ username: 'desk', password }],
    },
  })
})

after(() => stage.close())

const sockets: Socket[] = []
after(() => sockets.forEach((one) => one.destroy()))

interface Stranger {
  readonly socket: Socket
  readonly said: () => string
  readonly isClosed: () => boolean
}

function stranger(localAddress: string, text = ''): Stranger {
  const socket = connect({ port: stage.server.sip.port, host: '127.0.0.1', localAddress })
  sockets.push(socket)
  let said = ''
  let closed = false
  socket.setEncoding('utf8')
  socket.on('data', (more: string) => (said += more))
  socket.on('error', () => undefined)
  socket.on('close', () => (closed = true))
  if (text !== '') socket.write(text)
  return { socket, said: () => said, isClosed: () => closed }
}

const head = (lines: string): string =>
  'OPTIONS sip:a@localhost SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKs\r\nFrom: <sip:a@x>;tag=1\r\n' +
  `To: <sip:a@localhost>\r\nCall-ID: s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n${lines}\r\n`

test('a message that grows byte by byte, one with an endless head, and one with an endless body are cut', async () => {
  const started = performance.now()
  const slow = stranger('127.8.1.1', 'INVITE sip:a@localhost SIP/2.0\r\n')
  const drip = setInterval(() => slow.socket.write('X: y\r\n'), 200)
  const [largeHead, largeBody] = [
    stranger('127.8.1.2', head(`X: ${'a'.repeat(300_000)}`)),
    stranger('127.8.1.3', head('Content-Length: 99999999\r\n')),
  ]
  await until(() => (largeHead.isClosed() && largeBody.isClosed()) || undefined)
  assert.match(largeBody.said(), /^SIP\/2\.0 413 /)
  assert.ok(!slow.isClosed())
  await until(() => slow.isClosed() || undefined, 20_000)
  clearInterval(drip)
  const tookMs = performance.now() - started
  assert.ok(tookMs > 9_000, `${tookMs} ms: ten seconds for a message`)
})

test('a stranger has 64 connections; an office behind one address, one of whose phones has logged in, as many as it needs', async () => {
  const few = Array.from({ length: perStranger + 3 }, () => stranger('127.8.3.1'))
  await until(() => few.filter(({ isClosed }) => isClosed()).length === 3 || undefined)
  const phone = await stage.phone({
    ...{ user: 'desk', password, domain: 'localhost' },
    server: { port: stage.server.sip.port, transport: 'TCP' },
  })
  assert.equal(await phone.register(600), 200)
  const office = Array.from({ length: perStranger * 2 }, () =>
    stranger('127.0.0.1', head('Content-Length: 0\r\n')),
  )
  await until(() => office.every(({ said }) => said().startsWith('SIP/2.0 200')) || undefined)
  assert.ok(office.every(({ isClosed }) => !isClosed()))
  for (const { socket } of [...few, ...office]) socket.destroy()
  assert.equal(await phone.unregister(), 200)
})

test('thousands of connections that say nothing: calls over TCP go on, and phones still get in', async () => {
  const phone = await stage.phone({
    ...{ user: 'desk', password, domain: 'localhost' },
    server: { port: stage.server.sip.port, transport: 'TCP' },
  })
  assert.equal(await phone.register(600), 200)
  const id = await stage.dial('sip:desk@localhost')
  const call = await phone.nextCall(5_000)
  await stage.event(id, 'call.answered')

  const crowd: Stranger[] = []
  for (let address = 1; address <= strangers; address++) {
    const some = Array.from({ length: perStranger }, () => stranger(`127.8.0.${address}`))
    crowd.push(...some)
    await until(() => some.every(({ socket }) => !socket.connecting) || undefined)
  }
  await until(() => crowd[0]?.isClosed() || undefined) // The oldest gives way.
  assert.equal(crowd.at(-1)?.isClosed(), false)

  const another = stranger('127.8.2.1', head('Content-Length: 0\r\n'))
  await until(() => another.said().startsWith('SIP/2.0 200') || undefined)
  await stage.command(id, 'hangup')
  assert.equal((await call.ended(3_000)).by, 'peer')
  await stage.event(id, 'call.hangup')
  assert.equal(await phone.register(600), 200)
})
