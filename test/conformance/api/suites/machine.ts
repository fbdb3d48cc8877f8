// Who answered a dialled call: verdicts, the end of a machine's greeting, and what a beep ends.
import assert from 'node:assert/strict'
import { clipFromSamples } from '../../../../src/media/audio/clip.ts'
import { sine } from '../../../../src/media/audio/goertzel.ts'
import { assertOk, page, type Check } from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

const cites = page('Dial')
const dialling = 'POST /calls'
const config = `${dialling}#answering_machine_detection_config`
const mode = (name: string): string => `${dialling}#answering_machine_detection=${name}`
const verdict = 'call.machine.detection.ended'
const greeting = 'call.machine.greeting.ended'
const fields = (event: string): string[] => [
  `event ${event}`,
  ...[
    ...['call_control_id', 'call_leg_id', 'call_session_id', 'client_state', 'connection_id'],
    ...['from', 'to', 'result'],
  ].map((field) => `event ${event}#${field}`),
]
const check = (name: string, covers: readonly string[], run: Check['run']): Check => ({
  ...{ name, cites, covers, needs: 'calls', run },
})

/** Soon: whoever says nothing for 300 ms is a machine. */
const hasty = {
  initial_silence_millis: 300,
  total_analysis_time_millis: 8000,
  after_greeting_silence_millis: 400,
  greeting_silence_duration_millis: 400,
  greeting_total_analysis_time_millis: 30_000,
}

function dialled(stage: ConformanceStage, detection: string, own: Json = {}) {
  return stage.dialled({
    answering_machine_detection: detection,
    answering_machine_detection_config: { ...hasty, ...own },
    client_state: 'YW1k',
  })
}

/** A word: three frequencies that no telephone uses as a signal. */
function word(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, i) => {
    const turn = (2 * Math.PI * i) / 8000
    return 2500 * (Math.sin(130 * turn) + Math.sin(390 * turn) + Math.sin(1170 * turn))
  })
}

const clip = (samples: Int16Array) => ({ kind: 'clip', clip: clipFromSamples(samples) }) as const

export const machineChecks: readonly Check[] = [
  check(
    'detect: silence is a machine, told once and with the fields of the event',
    [mode('detect'), config, ...fields(verdict), `event ${verdict}#result=machine`],
    async (stage) => {
      const { id, phone } = await dialled(stage, 'detect')
      const { payload } = await stage.event(id, verdict)
      assert.deepEqual(
        [payload['result'], payload['to'], payload['client_state'], payload['call_control_id']],
        ['machine', phone.contactUri, 'YW1k', id],
      )
      for (const field of ['call_leg_id', 'call_session_id', 'connection_id', 'from']) {
        assert.equal(typeof payload[field], 'string', field)
      }
      assertOk(await stage.command(id, 'hangup'))
      await stage.event(id, 'call.hangup')
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.deepEqual(types.slice(1), ['call.answered', verdict, 'call.hangup'])
    },
  ),
  check(
    'detect: a word and a silence are a human',
    [mode('detect'), `event ${verdict}#result=human`],
    async (stage) => {
      const { id, call } = await dialled(stage, 'detect', { initial_silence_millis: 7000 })
      call.say(clip(word(400)))
      assert.equal((await stage.event(id, verdict)).payload['result'], 'human')
    },
  ),
  check(
    'detect: nothing decided in total_analysis_time_millis is not_sure',
    [mode('detect'), `event ${verdict}#result=not_sure`],
    async (stage) => {
      const own = { initial_silence_millis: 7000, total_analysis_time_millis: 300 }
      const { id } = await dialled(stage, 'detect', own)
      assert.equal((await stage.event(id, verdict)).payload['result'], 'not_sure')
    },
  ),
  check(
    'greeting_end: silence ends the greeting of a machine',
    [mode('greeting_end'), ...fields(greeting), `event ${greeting}#result=ended`],
    async (stage) => {
      const { id } = await dialled(stage, 'greeting_end')
      const { payload } = await stage.event(id, greeting)
      assert.deepEqual([payload['result'], payload['client_state']], ['ended', 'YW1k'])
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.deepEqual(types.slice(2), [verdict, greeting])
    },
  ),
  check(
    'greeting_end: without an end in time it is not_sure',
    [mode('greeting_end'), `event ${greeting}#result=not_sure`],
    async (stage) => {
      const own = {
        greeting_silence_duration_millis: 7000,
        greeting_total_analysis_time_millis: 300,
      }
      const { id } = await dialled(stage, 'greeting_end', own)
      assert.equal((await stage.event(id, greeting)).payload['result'], 'not_sure')
    },
  ),
  check(
    'detect_beep: words that were said into the greeting end with cancelled_amd',
    [mode('detect_beep'), 'event call.speak.ended#status=cancelled_amd'],
    async (stage) => {
      const { id, call } = await dialled(stage, 'detect_beep')
      await stage.event(id, verdict)
      const body = { payload: 'Please call us back.', voice: 'female', loop: 'infinity' }
      assertOk(await stage.command(id, 'speak', body))
      await stage.event(id, 'call.speak.started')
      call.say(clip(sine(1400, 400)))
      assert.equal((await stage.event(id, greeting)).payload['result'], 'beep_detected')
      const { payload } = await stage.event(id, 'call.speak.ended')
      assert.equal(payload['status'], 'cancelled_amd')
    },
  ),
  ...['detect_beep', 'detect_words'].map((name) =>
    check(
      `${name}: a beep is told, and what was played into the greeting ends with cancelled_amd`,
      [
        mode(name),
        `event ${greeting}#result=beep_detected`,
        'event call.playback.ended#status=cancelled_amd',
        'event call.gather.ended#status=cancelled_amd',
      ],
      async (stage) => {
        const { id, call } = await dialled(stage, name)
        await stage.event(id, verdict)
        assertOk(
          await stage.command(id, 'playback_start', { audio_url: await stage.soundUrl(700, 9000) }),
        )
        await stage.event(id, 'call.playback.started')
        assertOk(await stage.command(id, 'gather', { timeout_millis: 60_000 }))
        call.say(clip(sine(1400, 400)))
        assert.equal((await stage.event(id, greeting)).payload['result'], 'beep_detected')
        for (const ended of ['call.playback.ended', 'call.gather.ended']) {
          assert.equal((await stage.event(id, ended)).payload['status'], 'cancelled_amd')
        }
      },
    ),
  ),
]
