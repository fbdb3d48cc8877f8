// What all commands of a call share: `client_state` is the call's from then on, and a repeat with the same `command_id` is
// answered alike and has no second effect.
import assert from 'node:assert/strict'
import { dataOf, type Check } from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

type Body = (stage: ConformanceStage) => Json | Promise<Json>

const phrase = { payload: 'hi', voice: 'female', language: 'en-US' }
const tone: Body = async (stage) => ({ audio_url: await stage.soundUrl(500, 100) })
const nothing: Body = () => ({})

/** A parked call takes each of them, and the event that tells of it, if there is one. */
const commands: readonly (readonly [name: string, body: Body, event?: string])[] = [
  // An ended call is looked up first (C63): its hang-up cannot be repeated, so it is not among them.
  ['enqueue', (stage) => ({ queue_name: stage.unique('common') }), 'call.enqueued'],
  ['playback_start', tone, 'call.playback.started'],
  ['playback_stop', nothing],
  ['speak', () => phrase, 'call.speak.started'],
  ['gather', nothing],
  ['gather_using_audio', tone, 'call.playback.started'],
  ['gather_using_speak', () => phrase, 'call.speak.started'],
  ['gather_stop', nothing],
  ['send_dtmf', () => ({ digits: '1' })],
  ['record_start', () => ({ format: 'wav', channels: 'single' }), 'call.recording.saved'],
  ['record_stop', nothing],
  ['record_pause', nothing],
  ['record_resume', nothing],
  ['refer', () => ({ sip_address: 'sip:elsewhere@127.0.0.1' }), 'call.refer.started'],
  ['answer', nothing],
]

export const commonChecks: readonly Check[] = commands.map(([name, body, event]): Check => {
  const endpoint = `POST /calls/{call_control_id}/actions/${name}`
  return {
    name: `${name}: client_state stays with the call; the same command_id again has no second effect`,
    cites: 'C10; C24',
    covers: [`${endpoint}#client_state`, `${endpoint}#command_id`, 'rule command_id'],
    needs: 'calls',
    run: async (stage) => {
      const { id } = await stage.answered()
      const client_state = Buffer.from(name).toString('base64')
      const asked = { ...(await body(stage)), client_state, command_id: stage.unique('id') }
      const first = await stage.command(id, name, asked)
      assert.equal(first.status, 200, first.text)
      const again = await stage.command(id, name, asked)
      assert.deepEqual([again.status, again.body], [first.status, first.body])
      assert.equal(dataOf(await stage.get(`/calls/${id}`))['client_state'], client_state)
      // What was cut short would not be told.
      if (event !== undefined && name !== 'record_start') await stage.event(id, event)
      await stage.ok(id, 'hangup')
      const { payload } = await stage.event(id, 'call.hangup')
      assert.equal(payload['client_state'], client_state)
      if (event === undefined) return
      await stage.event(id, event)
      const told = stage.webhooks.ofCall(id).filter(({ type }) => type === event)
      assert.equal(told.length, 1, `${event} came ${told.length} times`)
    },
  }
})
