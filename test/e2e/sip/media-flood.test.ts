// A flood to the media port of one call, from hosts that are no party to it: real audio, pressed keys and rubbish, 20,000
// packets. The call itself and its neighbours go on: nobody's sound is taken over, no key is told, no call is lost.
import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { after, before, test } from 'node:test'
import { emptyHeader, readRtp, writeRtpHeader } from '../../../src/media/rtp/packet.ts'
import { musicHz, startStage, type CallIn, type Stage } from '../../support/stage.ts'

const packets = 20_000
const perTurn = 100
const sources = ['127.9.0.1', '127.9.0.2', '127.9.0.3', '127.9.0.4']

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const openAt = (address: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, address, () => resolve(socket))
  })

/** What a thief, a dialler of digits and a madman would send. */
function hostilePacket(number: number): Uint8Array {
  const kind = number % 4
  if (kind === 3) return new Uint8Array(1 + (number % 200)).fill(number)
  const packet = new Uint8Array(kind === 1 ? 16 : 172).fill(0x2a)
  // Audio in good order, key 5 with its end mark, and RTCP that says goodbye for everybody.
  writeRtpHeader(packet, 0, false, kind === 1 ? 101 : 0, number & 0xffff, number * 160, 7)
  if (kind === 1) packet.set([5, 0x80, 0x03, 0x20], 12)
  if (kind === 2) packet.set([0x81, 203, 0, 1], 0)
  return packet
}

async function flood(port: number): Promise<void> {
  const sockets = await Promise.all(sources.map(openAt))
  for (let sent = 0; sent < packets; sent += perTurn) {
    for (let number = sent; number < sent + perTurn; number++)
      sockets[number % sockets.length]?.send(hostilePacket(number), port, '127.0.0.1')
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const socket of sockets) socket.close()
}

const serverPort = ({ call }: CallIn): number => call.line.agreement?.port ?? 0

test('a flood to one media port: that call keeps its sound and its keys, the neighbours hear nothing of it', async () => {
  assert.ok(readRtp(hostilePacket(0), emptyHeader()) && readRtp(hostilePacket(1), emptyHeader()))
  const [victim, neighbour] = [await stage.answered(), await stage.answered()]
  for (const { id, call } of [victim, neighbour]) {
    await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
    await call.hearsOnly(musicHz, 5_000)
  }
  assert.ok(serverPort(victim) > 0)
  await flood(serverPort(victim))
  for (const { call } of [victim, neighbour]) {
    await call.hearsOnly(musicHz, 5_000)
    assert.equal(call.state, 'up')
    assert.equal(call.statistics().ssrcs.length, 1)
  }
  await victim.call.sendDtmf('7')
  const told = await stage.event(victim.id, 'call.dtmf.received')
  assert.equal(told.payload['digit'], '7', 'the keys of strangers are not the caller’s')
})
