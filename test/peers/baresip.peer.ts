// Two baresip softphones, digest users in a network of their own, as caller and agent: proof by ear that music, bridge
// and nothing else reach the caller, and that both hear each other.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import {
  agentHz,
  applicationId,
  callerHz,
  musicHz,
  startStage,
  type Stage,
} from '../support/stage.ts'
import { startSoftphone, type Softphone, type SoftphoneOptions } from './baresip.ts'
import { makeNamespace, type Namespace } from './namespace.ts'
import { missing } from './sipp.ts'
import { gapMs, longestRunMs, stepsOf, storyOf } from './tones.ts'

const absent = missing('baresip') ?? missing('ip')
const place = absent ?? makeNamespace()
const password = 'a secret of the lab'.replaceAll(' ', '-')
const tones = [callerHz, agentHz, musicHz]

/** Audio takes its time: what is to be in the recording must have been heard for so long. */
const listen = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

if (typeof place === 'string') test('baresip', { skip: place }, () => undefined)
else describe('baresip', () => withBaresip(place))

function withBaresip(place: Namespace): void {
  const phones: Softphone[] = []
  let stage: Stage
  before(async () => {
    const host = place.serverAddress
    const users = ['caller', 'agent'].map((username) => ({ username, password }))
    stage = await startStage({
      config: {
        sip: { host, domain: host, accept_unauthenticated_from: [] },
        media: { host },
        sip_users: users,
      },
    })
  })
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((phone) => phone.remove()))
  })
  after(async () => {
    try {
      await stage.close()
    } finally {
      place.remove()
    }
  })

  async function phone(
    user: 'caller' | 'agent',
    dial?: string,
    codec: SoftphoneOptions['codec'] = user === 'caller' ? 'pcmu' : 'pcma',
  ): Promise<Softphone> {
    const own =
      user === 'caller' ? { port: 5062, voiceHz: callerHz } : { port: 5064, voiceHz: agentHz }
    const { server } = stage
    const one = await startSoftphone({
      ...{ place, user, password, server: server.sip, codec, ...own },
      ...(dial === undefined ? {} : { dial }),
    })
    phones.push(one)
    return one
  }

  test('the caller hears silence, music, the agent; the agent hears the caller', async () => {
    const { receiver } = stage
    const { host, port } = stage.server.sip
    const agentPhone = await phone('agent')
    await agentPhone.says(/200 OK/, 10_000)
    const callerPhone = await phone('caller', `sip:+15550100@${host}:${port}`)
    const initiated = await receiver.waitFor('call.initiated')
    assert.equal(initiated.payload['from'], 'caller')
    const caller = String(initiated.payload['call_control_id'])
    await stage.command(caller, 'answer')
    await receiver.waitFor('call.answered')
    await listen(800)
    await stage.command(caller, 'enqueue', { queue_name: 'support' })
    await stage.command(caller, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
    await receiver.waitFor('call.playback.started')
    const dialled = await stage.request('POST', '/calls', {
      connection_id: applicationId,
      to: `sip:agent@${host}`,
      from: '+15550100',
    })
    assert.equal(dialled.status, 200, JSON.stringify(dialled.body))
    const { call_control_id: agent } = (dialled.body as { data: { call_control_id: string } }).data
    await receiver.waitFor(
      ({ type, payload }) => type === 'call.answered' && payload['call_control_id'] === agent,
    )
    await listen(1_500)
    await stage.command(agent, 'bridge', { queue: 'support' })
    await receiver.waitFor('call.bridged')
    await listen(2_000)
    await stage.command(caller, 'hangup')
    for (const id of [caller, agent]) {
      await receiver.waitFor(
        ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === id,
      )
    }
    await Promise.all([callerPhone.quit(), agentPhone.quit()])

    const caught = stepsOf(await callerPhone.recording(), tones)
    assert.deepEqual(storyOf(caught), ['silence', musicHz, agentHz], caught.join(' '))
    const gap = gapMs(caught, musicHz, agentHz)
    assert.ok(gap >= 0 && gap <= 100, `${gap} ms between music and agent`)
    // One step may hold the end of the one and the beginning of the other.
    assert.ok(longestRunMs(caught, 'both') <= 20, caught.join(' '))

    const overheard = stepsOf(await agentPhone.recording(), tones)
    assert.deepEqual(storyOf(overheard), ['silence', callerHz], overheard.join(' '))
  })
  for (const codec of ['g722', 'opus'] as const) {
    test(`a caller who speaks ${codec} and an agent who speaks PCMA hear each other; music before`, async () => {
      const { receiver } = stage
      const { host, port } = stage.server.sip
      const agentPhone = await phone('agent')
      await agentPhone.says(/200 OK/, 10_000)
      const number = codec === 'g722' ? '+15550101' : '+15550102'
      const callerPhone = await phone('caller', `sip:${number}@${host}:${port}`, codec)
      const { payload } = await receiver.waitFor(
        (one) => one.type === 'call.initiated' && one.payload['to'] === number,
      )
      const caller = String(payload['call_control_id'])
      await stage.command(caller, 'answer')
      await listen(500)
      await stage.command(caller, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
      await listen(1_500)
      const agent = await stage.dial(`sip:agent@${host}`, { from: '+15550100' })
      await stage.event(agent, 'call.answered')
      await stage.command(caller, 'playback_stop', {})
      await stage.command(caller, 'bridge', { call_control_id: agent })
      await listen(2_000)
      await stage.command(caller, 'hangup')
      await stage.event(agent, 'call.hangup')
      await Promise.all([callerPhone.quit(), agentPhone.quit()])
      const heard = storyOf(stepsOf(await callerPhone.recording(), tones))
      assert.deepEqual(
        heard.filter((step) => step !== 'silence'),
        [musicHz, agentHz],
        heard.join(' '),
      )
      const overheard = storyOf(stepsOf(await agentPhone.recording(), tones))
      assert.deepEqual(
        overheard.filter((step) => step !== 'silence'),
        [callerHz],
        overheard.join(' '),
      )
    })
  }
}
