import assert from 'node:assert/strict'
import { test } from 'node:test'

import { legId, MediaWorld } from '../../../test/support/media-world.ts'
import { opusIsAvailable } from '../audio/opus.ts'
import { allowedCodecs } from './codec-choice.ts'

const opus = opusIsAvailable()

test('names decide what is allowed and in which order; unknown ones are passed over', () => {
  assert.deepEqual(allowedCodecs(undefined, false), ['PCMU', 'PCMA', 'G722'])
  assert.deepEqual(allowedCodecs(['g722', 'VP8', 'PCMA'], true), ['G722', 'PCMA'])
  assert.deepEqual(allowedCodecs(['G729'], true), [])
  assert.deepEqual(allowedCodecs(['OPUS', 'PCMU'], false), opus ? ['OPUS', 'PCMU'] : ['PCMU'])
})

test('whom it will talk to decides what is offered: nothing wider, its own codec first', () => {
  assert.deepEqual(allowedCodecs(undefined, false, 'PCMA'), ['PCMA', 'PCMU'])
  assert.deepEqual(allowedCodecs(undefined, false, 'PCMU'), ['PCMU', 'PCMA'])
  assert.deepEqual(allowedCodecs(undefined, false, 'G722'), ['G722', 'PCMA', 'PCMU'])
})

/** An inbound leg with this offer, and one dialled for it. */
async function pair(formats: string, rtpmaps: readonly string[] = []) {
  const world = new MediaWorld()
  const offerSdp = [
    'v=0',
    'o=- 1 1 IN IP4 10.0.1.1',
    's=-',
    'c=IN IP4 10.0.1.1',
    't=0 0',
    `m=audio 4000 RTP/AVP ${formats}`,
    ...rtpmaps,
    '',
  ].join('\r\n')
  const caller = legId('caller')
  const agent = legId('agent')
  world.perform({ kind: 'create-leg', legId: caller, offerSdp, codecs: undefined })
  await world.turns()
  const make = { kind: 'create-leg', legId: agent, offerSdp: undefined, codecs: undefined } as const
  return { world, caller, agent, dial: () => world.perform({ ...make, partner: caller }) }
}

test('the choice at the answer holds: the text that was told, the codec that is sent, what the agent is offered', async () => {
  const { world, caller, agent, dial } = await pair('0 8 9')
  const [created] = world.inputsOf('media-leg-created')
  assert.ok(created?.sdpByCodec !== undefined)
  assert.deepEqual(Object.keys(created.sdpByCodec), ['PCMU', 'PCMA', 'G722'])
  assert.match(created.sdp, /RTP\/AVP 0\r\n/)
  assert.match(created.sdpByCodec['G722'] ?? '', /RTP\/AVP 9\r\n/)
  world.perform({ kind: 'start', legId: caller, codec: 'G722' })
  await world.turns()
  assert.equal(world.media.quality(caller)?.codec, 'G722')
  dial()
  await world.turns()
  assert.match(world.sdpOf(agent), /RTP\/AVP 9 8 0 101\r\n/)
  await world.close()
})

test('the choice is there after a crash while it rang', async () => {
  const first = await pair('0 9')
  const rows = first.world.rows()
  first.world.crash()
  const after = new MediaWorld({}, 32, first.world)
  const restored = after.media.restore(rows)
  await after.run(1100)
  await restored
  after.perform({ kind: 'start', legId: first.caller, codec: 'G722' })
  await after.turns()
  assert.equal(after.media.quality(first.caller)?.codec, 'G722')
  await after.close()
})

test('without a choice, or a choice that is none, it stays as it is', async () => {
  const { world, caller } = await pair('8')
  assert.equal(world.inputsOf('media-leg-created')[0]?.sdpByCodec, undefined)
  world.perform({ kind: 'start', legId: caller, codec: 'G722' })
  await world.turns()
  assert.equal(world.media.quality(caller)?.codec, 'PCMA')
  await world.close()
})
