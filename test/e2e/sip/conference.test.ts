// Conferences and supervised calls as people hear them: every phone has a tone of its own. Who listens in is never heard,
// whoever speaks is heard by those it speaks to, and a kill -9 changes nothing of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Call } from '../../../src/lab/call.ts'
import type { LabSound } from '../../../src/lab/ear.ts'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { agentHz, callerHz, dataOf, listOf, type Json, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage
before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
})
after(() => recovery.close())

const bossHz = 1700
const noticeHz = 1300

const near = (hz: readonly number[], tones: readonly number[]): boolean =>
  hz.length === tones.length && tones.every((tone) => hz.some((one) => Math.abs(one - tone) <= 15))

function hears(call: Call, ...tones: number[]): Promise<void> {
  if (tones.length === 0) return call.hearsSilence(5_000)
  if (tones.length === 1) return call.hearsOnly(tones[0] ?? 0, 5_000)
  const isMix = (heard: LabSound): boolean => heard.kind === 'mix' && near(heard.hz, tones)
  return call.hearsSuch(isMix, 5_000, `not ${tones.join('+')}`)
}

async function act(conference: string, action: string, body: Json = {}): Promise<void> {
  const answer = await stage.request('POST', `/conferences/${conference}/actions/${action}`, body)
  assert.equal(answer.status, 200, `${action}: ${JSON.stringify(answer.body)}`)
}

async function create(legId: string, name: string, more: Json = {}): Promise<string> {
  const body = { call_control_id: legId, name, ...more }
  const answer = await stage.request('POST', '/conferences', body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return String(dataOf(answer)['id'])
}

/** Windows in which the call heard this tone, alone or among others, so far. */
const everHeard = (call: Call, hz: number): boolean =>
  call.heard().some(({ heard }) => {
    if (heard.kind === 'tone') return Math.abs(heard.hz - hz) <= 15
    return heard.kind === 'mix' && heard.hz.some((one) => Math.abs(one - hz) <= 15)
  })

const pressed = (call: Call): string => call.line.keys.map(({ key }) => key).join('')

const boss = (extra: Json): ReturnType<Stage['dialAgent']> =>
  stage.dialAgent(extra, { voice: { kind: 'tone', hz: bossHz } })

test('a supervisor of a bridge listens, whispers, barges in and goes; nobody misses anything', async () => {
  const { caller, agent } = await stage.conversation('watched')
  await hears(caller.call, agentHz)
  const listener = await boss({
    supervise_call_control_id: agent.id,
    supervisor_role: 'monitor',
  })
  await hears(listener.call, callerHz, agentHz)
  await hears(agent.call, callerHz)
  assert.ok(!everHeard(agent.call, bossHz) && !everHeard(caller.call, bossHz), 'heard listening in')

  await stage.command(listener.id, 'switch_supervisor_role', { role: 'whisper' })
  await hears(agent.call, callerHz, bossHz)
  await hears(caller.call, agentHz)
  assert.ok(!everHeard(caller.call, bossHz), 'a whisper to the agent reached the caller')
  await stage.command(listener.id, 'switch_supervisor_role', { role: 'barge' })
  await hears(caller.call, agentHz, bossHz)
  await hears(agent.call, callerHz, bossHz)

  await recovery.crash()
  await hears(caller.call, agentHz, bossHz)
  await hears(agent.call, callerHz, bossHz)
  await stage.command(listener.id, 'switch_supervisor_role', { role: 'monitor' })
  await Promise.all([hears(caller.call, agentHz), hears(agent.call, callerHz)])

  const refused = await stage.refused(caller.id, 'switch_supervisor_role', { role: 'barge' })
  assert.equal(refused.code, '10027')
  caller.call.hangUp()
  await agent.call.ended(5_000)
  await listener.call.ended(5_000)
  await stage.event(listener.id, 'call.hangup')
})

test('roles in a conference: listened to, whispered to, and changed; a crash changes nothing', async () => {
  const caller = await stage.answered()
  const room = await create(caller.id, 'coached', { beep_enabled: 'never' })
  const agent = await stage.dialAgent({ conference_config: { id: room, early_media: false } })
  await stage.event(agent.id, 'conference.participant.joined')
  await hears(caller.call, agentHz)
  const coach = await boss({
    conference_config: {
      ...{ conference_name: 'coached', supervisor_role: 'whisper' },
      whisper_call_control_ids: [agent.id],
    },
  })
  await hears(agent.call, callerHz, bossHz)
  await hears(coach.call, callerHz, agentHz)
  assert.ok(!everHeard(caller.call, bossHz), 'a whisper to the agent reached the caller')
  const list = async (query: string): Promise<string[]> => {
    const answer = await stage.request('GET', `/conferences/${room}/participants?${query}`)
    return listOf(answer).map((one) => String(one['call_control_id']))
  }
  assert.deepEqual(await list('filter[whispering]=true'), [coach.id])
  assert.deepEqual(await list('filter[muted]=true'), [])

  await recovery.crash()
  await hears(agent.call, callerHz, bossHz)
  await hears(caller.call, agentHz)
  await act(room, 'update', { call_control_id: coach.id, supervisor_role: 'monitor' })
  await hears(agent.call, callerHz)
  await act(room, 'unmute')
  assert.deepEqual(await list('filter[muted]=true'), [coach.id])
  await hears(caller.call, agentHz)
  assert.ok(!everHeard(caller.call, bossHz), 'the monitor was heard')
  await act(room, 'update', { call_control_id: coach.id, supervisor_role: 'barge' })
  await hears(caller.call, agentHz, bossHz)
  await act(room, 'end')
  await Promise.all([caller.call.ended(5_000), coach.call.ended(5_000)])
})

test('tones when people come and go; files and words for all or for one, told by their own events', async () => {
  const { receiver, sounds } = stage
  const one = await stage.answered()
  const room = await create(one.id, 'noisy', { beep_enabled: 'on_enter' })
  one.call.say({ kind: 'silence' })
  const two = await stage.answered()
  two.call.say({ kind: 'silence' })
  const welcome = one.call.hears(820, 5_000)
  await act(room, 'join', { call_control_id: two.id })
  await welcome
  await hears(one.call)

  // It is short: heard by those who listened before the command was answered.
  await Promise.all([
    ...[one.call, two.call].map((call) => call.hears(noticeHz, 5_000)),
    act(room, 'play', { audio_url: sounds.url(noticeHz, 600) }),
  ])
  const told = (type: string, fits: (payload: Json) => boolean = () => true) =>
    receiver.waitFor((event) => {
      const { type: is, payload } = event
      return is === `conference.${type}` && payload['conference_id'] === room && fits(payload)
    })
  const { payload } = await told('playback.ended')
  assert.equal(payload['media_url'], sounds.url(noticeHz, 600))
  assert.equal(payload['call_control_id'], undefined)

  const only = { call_control_ids: [two.id] }
  await act(room, 'play', { audio_url: sounds.url(1_500), loop: 'infinity', ...only })
  await two.call.hearsOnly(1_500, 5_000)
  await told('participant.playback.started', (is) => is['call_control_id'] === two.id)
  await hears(one.call)
  await act(room, 'stop')
  await told('participant.playback.ended', (is) => is['call_control_id'] === two.id)
  await hears(two.call)

  await act(room, 'speak', { payload: 'Good morning to everybody here.', voice: 'female' })
  await told('speak.started')
  await told('speak.ended')
  const keys = await stage.refused(one.id, 'switch_supervisor_role', { role: 'barge' })
  assert.equal(keys.code, '10027')
  await act(room, 'send_dtmf', { digits: '4#', call_control_ids: [one.id] })
  await one.call.until(() => pressed(one.call) === '4#', 5_000, 'no keys')
  assert.equal(pressed(two.call), '')

  const asked = { call_control_id: one.id, audio_url: sounds.url(noticeHz), maximum_digits: 1 }
  const prompted = one.call.hears(noticeHz, 5_000)
  await act(room, 'gather_using_audio', asked)
  await prompted
  await one.call.sendDtmf('7')
  const gathered = await stage.event(one.id, 'call.gather.ended')
  assert.deepEqual([gathered.payload['digits'], gathered.payload['status']], ['7', 'valid'])

  // While we press a key its phone hears nothing else.
  await hears(one.call)
  const goodbye = one.call.hears(620, 5_000)
  await act(room, 'leave', { call_control_id: two.id, beep_enabled: 'on_exit' })
  await goodbye
  one.call.hangUp()
})

test('a number dialled into a conference that is not there makes it; music goes on over a crash', async () => {
  const { receiver } = stage
  const host = await stage.dialAgent({ conference_config: { conference_name: 'from nothing' } })
  const made = await stage.event(host.id, 'conference.created')
  const room = String(made.payload['conference_id'])
  await stage.event(host.id, 'conference.participant.joined')
  await act(room, 'play', { audio_url: stage.musicUrl, loop: 'infinity' })
  await host.call.hears(700, 5_000)
  const isOurs = (payload: Json): boolean => payload['conference_id'] === room
  await receiver.waitFor(
    ({ type, payload }) => type === 'conference.playback.started' && isOurs(payload),
  )
  await recovery.crash()
  await host.call.hears(700, 5_000)
  const started = receiver.deliveries.filter(
    ({ type, payload }) => type === 'conference.playback.started' && isOurs(payload),
  )
  assert.equal(new Set(started.map(({ id }) => id)).size, 1)
  host.call.hangUp()
  await stage.event(host.id, 'conference.ended')
})

test('who speaks has the floor', async () => {
  const one = await stage.answered()
  const room = await create(one.id, 'floor')
  const floor = await stage.event(one.id, 'conference.floor.changed')
  assert.equal(floor.payload['conference_id'], room)
  one.call.say({ kind: 'silence' })
  const two = await stage.answered()
  await act(room, 'join', { call_control_id: two.id })
  await stage.event(two.id, 'conference.floor.changed')
  await act(room, 'end')
})
