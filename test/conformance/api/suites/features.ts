// Words, keys, recordings, and looking up what was told: rules beyond the fields of their webhooks.
import assert from 'node:assert/strict'
import {
  assertField,
  assertOk,
  assertRefused,
  dataOf,
  errorPage,
  listOf,
  page,
  type Check,
} from '../check.ts'
import { features, life } from '../scenarios.ts'
import type { ConformanceStage, Json } from '../stage.ts'

const allKeys = '0123456789*#ABCD'

const check = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

const command = (name: string): string => `POST /calls/{call_control_id}/actions/${name}`
const words = 'one two three four five six seven eight nine ten eleven twelve'
const spoken = { payload: words, voice: 'female', language: 'en-US' }

/** A gather on a new call, what is pressed, and what it ended with. */
async function gathered(stage: ConformanceStage, body: Json, keys: string): Promise<Json> {
  const { id, call } = await stage.answered()
  assertOk(await stage.command(id, 'gather', body))
  if (keys !== '') await call.sendDtmf(keys)
  return (await stage.event(id, 'call.gather.ended')).payload
}

const gathers: readonly (readonly [
  what: string,
  body: Json,
  keys: string,
  digits: string,
  status: string,
])[] = [
  ['maximum_digits reached', { maximum_digits: 3 }, '123', '123', 'valid'],
  ['the terminating digit is not of the digits', {}, '12#', '12', 'valid'],
  ['another terminating digit', { terminating_digit: '*' }, '5*', '5', 'valid'],
  ['nothing pressed', { initial_timeout_millis: 300, timeout_millis: 300 }, '', '', 'timeout'],
]

const keys: readonly Check[] = [
  ...gathers.map(([what, body, pressed, digits, status]) =>
    check(
      `gather: ${what} ends ${status} with "${digits}"`,
      page('Gather'),
      [
        command('gather'),
        'event call.gather.ended#digits',
        `event call.gather.ended#status=${status}`,
        ...Object.keys(body).map((name) => `${command('gather')}#${name}`),
      ],
      async (stage) => {
        const payload = await gathered(stage, body, pressed)
        assert.deepEqual([payload['digits'], payload['status']], [digits, status])
      },
    ),
  ),
  check(
    'gather_stop ends a gather with cancelled',
    page('Gather stop'),
    [command('gather_stop'), 'event call.gather.ended#status=cancelled'],
    async (stage) => {
      const { id } = await stage.answered()
      assertOk(await stage.command(id, 'gather'))
      assertOk(await stage.command(id, 'gather_stop'))
      const { payload } = await stage.event(id, 'call.gather.ended')
      assert.equal(payload['status'], 'cancelled')
    },
  ),
  check(
    'hang-up during a gather: call_hangup, before call.hangup',
    page('Gather'),
    [command('gather'), 'event call.gather.ended#status=call_hangup', 'rule order of events'],
    async (stage) => {
      const { id, call } = await stage.answered()
      assertOk(await stage.command(id, 'gather'))
      call.hangUp()
      await stage.event(id, 'call.hangup')
      const { payload } = await stage.event(id, 'call.gather.ended')
      assert.equal(payload['status'], 'call_hangup')
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.deepEqual(types.slice(-2), ['call.gather.ended', 'call.hangup'])
    },
  ),
  check(
    'keys are told one by one, all sixteen, gather or not',
    page('Send DTMF'),
    [
      'event call.dtmf.received#digit',
      ...[...allKeys].map((key) => `event call.dtmf.received#digit=${key}`),
    ],
    async (stage) => {
      const { id, call } = await stage.answered()
      await call.sendDtmf(allKeys, 'rfc4733', 100)
      await stage.event(id, 'call.dtmf.received', ({ digit }) => digit === allKeys.at(-1))
      const told = stage.webhooks.ofCall(id).filter(({ type }) => type === 'call.dtmf.received')
      assert.deepEqual(
        told.map(({ payload }) => payload['digit']),
        [...allKeys],
      )
    },
  ),
  check(
    'send_dtmf: the far end gets the keys',
    page('Send DTMF'),
    [command('send_dtmf'), `${command('send_dtmf')}#digits`],
    async (stage) => {
      const { id, call } = await stage.answered()
      assertOk(await stage.command(id, 'send_dtmf', { digits: '7#', duration_millis: 100 }))
      const heard = (): string => call.line.keys.map(({ key }) => key).join('')
      await call.until(() => heard() === '7#', 5_000, 'no keys')
    },
  ),
]

const speech: readonly Check[] = [
  check(
    'speak that is stopped has ended, completed',
    'C21',
    [command('speak'), command('playback_stop'), 'event call.speak.ended#status'],
    async (stage) => {
      const { id } = await stage.answered()
      assertOk(await stage.command(id, 'speak', spoken))
      await stage.event(id, 'call.speak.started')
      assertOk(await stage.command(id, 'playback_stop'))
      const { payload } = await stage.event(id, 'call.speak.ended')
      assert.equal(payload['status'], 'completed')
    },
  ),
  check(
    'hang-up while speaking: call_hangup, before call.hangup',
    page('Speak text'),
    [command('speak'), 'event call.speak.ended#status=call_hangup', 'rule order of events'],
    async (stage) => {
      const { id, call } = await stage.answered()
      assertOk(await stage.command(id, 'speak', spoken))
      await stage.event(id, 'call.speak.started')
      call.hangUp()
      await stage.event(id, 'call.hangup')
      const { payload } = await stage.event(id, 'call.speak.ended')
      assert.equal(payload['status'], 'call_hangup')
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.deepEqual(types.slice(-2), ['call.speak.ended', 'call.hangup'])
    },
  ),
  check(
    'speak: text that is no SSML is 90010',
    errorPage('90010'),
    [`${command('speak')}#payload_type`, 'code 422 90010'],
    async (stage) => {
      const body = { ...spoken, payload: 'a < b', payload_type: 'ssml' }
      const answer = await stage.command(`v3:${'x'.repeat(54)}`, 'speak', body)
      assertRefused(answer, 422, '90010', { pointer: '/payload' })
    },
  ),
]

const recordings: readonly Check[] = [
  check(
    'a recording is listed, retrieved, and its file is a WAV',
    page('Recordings'),
    ['GET /recordings/{recording_id}', 'event call.recording.saved#recording_urls'],
    async (stage) => {
      const saved = (await features(stage))['call.recording.saved']
      assert.ok(saved)
      const { payload } = saved
      const id = String(payload['recording_id'])
      const recording = dataOf(await stage.get(`/recordings/${id}`))
      assertField(recording, 'record_type', ['recording'])
      assert.equal(recording['call_control_id'], payload['call_control_id'])
      const urls = payload['recording_urls']
      assert.ok(typeof urls === 'object' && urls !== null && 'wav' in urls && 'mp3' in urls)
      assert.equal(urls.mp3, null)
      const file = Buffer.from(await (await fetch(String(urls.wav))).arrayBuffer())
      assert.equal(file.toString('latin1', 0, 4), 'RIFF')
    },
  ),
  check(
    'record_stop without a recording that is named: 404',
    errorPage('10005'),
    [`${command('record_stop')}#recording_id`, 'code 404 10005'],
    async (stage) => {
      const { id } = await stage.answered()
      const body = { recording_id: '6e00ab49-9487-4364-8ad6-23965965afb2' }
      assertRefused(await stage.command(id, 'record_stop', body), 404, '10005', {
        title: 'Recording not found',
      })
    },
  ),
  check(
    'a recording ends with its call: call.hangup, then saved',
    page('Recording start'),
    [
      command('record_start'),
      'event call.recording.saved#channels=dual',
      'event call.recording.saved#format=mp3',
      'rule order of events',
    ],
    async (stage) => {
      const { id, call } = await stage.answered()
      const body = { format: 'mp3', channels: 'dual' }
      assertOk(await stage.command(id, 'record_start', body))
      assertOk(await stage.command(id, 'record_pause'))
      assertOk(await stage.command(id, 'record_resume'))
      call.hangUp()
      const { payload } = await stage.event(id, 'call.recording.saved')
      assert.deepEqual([payload['channels'], payload['format']], ['dual', 'mp3'])
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.deepEqual(types.slice(-2), ['call.hangup', 'call.recording.saved'])
    },
  ),
]

const lookups: readonly Check[] = [
  check(
    'call_events of a call name its webhooks',
    page('List call events'),
    ['GET /call_events', 'GET /call_events#filter[leg_id]', 'object call event'],
    async (stage) => {
      const { events } = await life(stage)
      const leg = String(events['call.enqueued']?.payload['call_leg_id'])
      const listed = listOf(await stage.get(`/call_events?filter[leg_id]=${leg}&page[size]=100`))
      const names = listed.map((one) => one['name'])
      for (const name of ['call.initiated', 'call.enqueued', 'call.dequeued', 'call.hangup']) {
        assert.ok(names.includes(name), `no ${name}: ${names.join()}`)
      }
      const [first] = listed
      assert.ok(first)
      assertField(first, 'record_type', ['call_event'])
      assertField(first, 'type', ['command', 'webhook'])
      assertField(first, 'call_leg_id', [leg])
      assertField(first, 'call_session_id', 'uuid')
      assertField(first, 'metadata', 'object')
    },
  ),
  check(
    'webhook_deliveries are listed',
    page('List webhook deliveries'),
    ['GET /webhook_deliveries', 'object webhook delivery'],
    async (stage) => {
      await life(stage)
      const [first] = listOf(await stage.get('/webhook_deliveries?page[size]=5'))
      assert.ok(first)
      assertField(first, 'record_type', ['webhook_delivery'])
      assertField(first, 'status', ['delivered', 'failed'])
      assertField(first, 'attempts', 'list')
    },
  ),
]

export const featureChecks: readonly Check[] = [...keys, ...speech, ...recordings, ...lookups]
