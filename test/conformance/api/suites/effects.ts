// Parameters by what they do: in the INVITE of a dialled call, in what a phone hears, in what is told. That they are taken or
// refused is in parameters.ts.
import assert from 'node:assert/strict'
import { assertOk, assertRefused, dataOf, errorPage, page, type Check } from '../check.ts'
import type { IncomingCall } from '../../../../src/lab/incoming-call.ts'
import type { LabPhoneOptions } from '../../../../src/lab/runner.ts'
import type { Caller, ConformanceStage, Json } from '../stage.ts'

type Stage = ConformanceStage

const check = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

const command = (name: string): string => `POST /calls/{call_control_id}/actions/${name}`
const on = (name: string, ...fields: readonly string[]): readonly string[] =>
  fields.map((field) => `${name}#${field}`)
const pressed = ({ call }: { readonly call: { readonly line: Caller['call']['line'] } }): string =>
  call.line.keys.map(({ key }) => key).join('')

/** A phone that is called with `extra`, by a dial or by a transfer. */
async function called(
  stage: Stage,
  way: string,
  extra: Json,
  options: Partial<LabPhoneOptions> = {},
): Promise<IncomingCall> {
  const callee = await stage.phone(options)
  if (way === 'POST /calls') {
    const { connectionId: connection_id } = stage
    const body = { connection_id, to: callee.contactUri, from: '+15550100', ...extra }
    dataOf(await stage.post('/calls', body))
  } else {
    const caller = await stage.answered()
    await stage.ok(caller.id, 'transfer', { to: callee.contactUri, from: '+15550100', ...extra })
  }
  return callee.nextCall(10_000)
}

interface Seen {
  readonly fields: readonly string[]
  readonly extra: Json
  readonly look: (call: IncomingCall) => void | Promise<void>
  readonly decode?: boolean
}

const header = (call: IncomingCall, name: string): string => call.invite.headers.first(name) ?? ''
const sdpOf = (call: IncomingCall): string => Buffer.from(call.invite.body).toString()

const seen: readonly Seen[] = [
  {
    fields: ['custom_headers'],
    extra: { custom_headers: [{ name: 'X-Ticket', value: '42' }] },
    look: (call) => assert.equal(header(call, 'X-Ticket'), '42'),
  },
  {
    fields: ['sip_headers'],
    extra: { sip_headers: [{ name: 'User-to-User', value: '3132;encoding=hex' }] },
    look: (call) => assert.equal(header(call, 'User-to-User'), '3132;encoding=hex'),
  },
  {
    fields: ['from', 'from_display_name'],
    extra: { from: '+15550123', from_display_name: 'Support Line' },
    look: (call) => assert.match(header(call, 'From'), /^"?Support Line"? <sip:\+15550123@/),
  },
  {
    fields: ['privacy', 'privacy=id'],
    extra: { privacy: 'id' },
    look: (call) => {
      assert.equal(header(call, 'Privacy'), 'id')
      assert.match(header(call, 'From'), /anonymous/i)
    },
  },
  {
    fields: ['preferred_codecs'],
    extra: { preferred_codecs: 'PCMA' },
    look: (call) => assert.match(sdpOf(call), /^m=audio \d+ RTP\/AVP 8 \d+\r$/m),
  },
  {
    fields: ['sip_transport_protocol', 'sip_transport_protocol=TCP'],
    extra: { sip_transport_protocol: 'TCP' },
    look: (call) => assert.match(header(call, 'Via'), /^SIP\/2\.0\/TCP /),
  },
  {
    fields: ['sip_transport_protocol=UDP', 'media_encryption=disabled'],
    extra: { sip_transport_protocol: 'UDP', media_encryption: 'disabled' },
    look: (call) => {
      assert.match(header(call, 'Via'), /^SIP\/2\.0\/UDP /)
      assert.match(sdpOf(call), /^m=audio \d+ RTP\/AVP /m)
    },
  },
  {
    fields: ['send_digits_on_answer'],
    extra: { send_digits_on_answer: '1w2' },
    look: (call) => call.until(() => pressed({ call }) === '12', 10_000, 'no keys'),
  },
]

const invites: readonly Check[] = ['POST /calls', command('transfer')].flatMap((way) => [
  ...seen.map(({ fields, extra, look }) =>
    check(
      `${way}: the called phone sees ${JSON.stringify(extra)}`,
      page(way === 'POST /calls' ? 'Dial' : 'Transfer call'),
      on(way, ...fields),
      async (stage) => {
        const call = await called(stage, way, extra)
        await look(call)
        call.hangUp()
      },
    ),
  ),
  check(
    `${way}: the called phone hears audio_url`,
    page(way === 'POST /calls' ? 'Dial' : 'Transfer call'),
    on(way, 'audio_url'),
    async (stage) => {
      const audio_url = await stage.soundUrl(910)
      const call = await called(stage, way, { audio_url }, { decode: true })
      await call.hears(910, 15_000)
      call.hangUp()
    },
  ),
  check(
    `${way}: timeout_secs ends the ringing with timeout`,
    'C43',
    on(way, 'timeout_secs'),
    async (stage) => {
      const call = await called(stage, way, { timeout_secs: 5 }, { answer: { kind: 'manual' } })
      call.ring()
      const user = /sip:([^@]+)@/.exec(call.invite.uri)?.[1] ?? ''
      const { payload } = await stage.webhooks.next(
        (one) =>
          one.type === 'call.hangup' &&
          one.payload['hangup_cause'] === 'timeout' &&
          String(one.payload['to']).includes(`:${user}@`),
        'call.hangup with timeout',
      )
      assert.equal(payload['sip_hangup_cause'], '487')
    },
  ),
  ...(
    [
      ['+15550101', 'SRTP', '10011', 'Media encryption not supported for PSTN calls'],
      ['sip:x@127.0.0.1:9', 'SRTP', '10015', 'Bad Request'],
      ['sip:x@127.0.0.1:9', 'DTLS', '10015', 'Bad Request'],
    ] as const
  ).map(([to, media_encryption, code, title]): Check => ({
    name: `${way}: ${media_encryption} to ${to} is ${code}`,
    cites: `C157; ${errorPage(code)}`,
    covers: [`${way}#media_encryption=${media_encryption}`, `code 422 ${code}`],
    run: async (stage) => {
      const body = { connection_id: '1', from: '+15550100', to, media_encryption }
      const answer = await stage.post(way.slice(5).replace('{call_control_id}', 'v3:nobody'), body)
      assertRefused(answer, 422, code, { pointer: '/media_encryption', title })
    },
  })),
])

const answers: readonly Check[] = [
  ...['POST /calls', command('transfer')].map((way): Check => ({
    name: `${way}: SIP over TLS is refused, 10015`,
    cites: 'C157',
    covers: [`${way}#sip_transport_protocol=TLS`, 'code 422 10015'],
    run: async (stage) => {
      const to = { to: 'sip:x@127.0.0.1:9', sip_transport_protocol: 'TLS' }
      const body = { connection_id: '1', from: '+15550100', ...to }
      const answer = await stage.post(way.slice(5).replace('{call_control_id}', 'v3:nobody'), body)
      assertRefused(answer, 422, '10015', { pointer: '/sip_transport_protocol' })
    },
  })),
  check(
    'answer: custom_headers and preferred_codecs are in the 200 for the caller',
    page('Answer call'),
    on(command('answer'), 'custom_headers', 'sip_headers', 'preferred_codecs'),
    async (stage) => {
      const { id, call } = await stage.callIn()
      assertOk(
        await stage.command(id, 'answer', {
          custom_headers: [{ name: 'X-Desk', value: '9' }],
          sip_headers: [{ name: 'User-to-User', value: '3334;encoding=hex' }],
          preferred_codecs: 'PCMA,PCMU',
        }),
      )
      await call.answered(10_000)
      assert.equal(call.accepted?.headers.first('X-Desk'), '9')
      assert.equal(call.accepted.headers.first('User-to-User'), '3334;encoding=hex')
      assert.equal(call.line.agreement?.codec, 'PCMA')
      await stage.ok(id, 'hangup')
    },
  ),
  check(
    'dial: a list of one destination is that one',
    'C156',
    ['POST /calls#to'],
    async (stage) => {
      const callee = await stage.phone()
      const { connectionId: connection_id } = stage
      const body = { connection_id, to: [callee.contactUri], from: '+15550100' }
      const made = dataOf(await stage.post('/calls', body))
      await stage.event(String(made['call_control_id']), 'call.answered')
      await stage.ok(String(made['call_control_id']), 'hangup')
    },
  ),
]

/** Two who talk; the agent issued the bridge. */
async function talking(stage: Stage, bridge: Json = {}, decode = false) {
  const how = { phone: { decode } }
  const caller = await stage.answered(how)
  const agent = await stage.dialled({}, await stage.phone({ decode }))
  await stage.ok(agent.id, 'bridge', { call_control_id: caller.id, ...bridge })
  await stage.event(caller.id, 'call.bridged')
  return { caller, agent }
}

const bridges: readonly Check[] = [
  ...(
    [
      ['none', '1', '1'],
      ['both', '', ''],
      ['self', '', '1'],
      ['opposite', '1', ''],
    ] as const
  ).map(([mute_dtmf, atAgent, atCaller]) =>
    check(
      `bridge: mute_dtmf ${mute_dtmf}: keys reach ${atAgent === '' ? 'not' : ''} the issuer, ${atCaller === '' ? 'not' : ''} the other`,
      page('Bridge calls'),
      on(command('bridge'), 'mute_dtmf', `mute_dtmf=${mute_dtmf}`),
      async (stage) => {
        const { caller, agent } = await talking(stage, { mute_dtmf })
        await caller.call.sendDtmf('1')
        await agent.call.sendDtmf('1')
        // Told in any case: after that, the packets have come or never will.
        for (const id of [caller.id, agent.id]) await stage.event(id, 'call.dtmf.received')
        const settled = (): boolean => pressed(agent) === atAgent && pressed(caller) === atCaller
        await caller.call.until(settled, 10_000, 'other keys')
        await stage.ok(caller.id, 'hangup')
      },
    ),
  ),
  check(
    'bridge: hold_after_unbridge keeps the issuer when the other side leaves',
    page('Bridge calls'),
    on(command('bridge'), 'hold_after_unbridge'),
    async (stage) => {
      const { caller, agent } = await talking(stage, { hold_after_unbridge: true })
      caller.call.hangUp()
      await stage.event(caller.id, 'call.hangup')
      assert.equal(dataOf(await stage.get(`/calls/${agent.id}`))['is_alive'], true)
      await stage.ok(agent.id, 'hangup')
    },
  ),
  check(
    'dial: park_after_unbridge parks the dialled call when the linked one leaves',
    page('Dial'),
    ['POST /calls#park_after_unbridge', 'POST /calls#link_to'],
    async (stage) => {
      const caller = await stage.answered()
      const agent = await stage.dialled({
        link_to: caller.id,
        bridge_on_answer: true,
        park_after_unbridge: 'self',
      })
      await stage.event(agent.id, 'call.bridged')
      caller.call.hangUp()
      await stage.event(caller.id, 'call.hangup')
      assert.equal(dataOf(await stage.get(`/calls/${agent.id}`))['is_alive'], true)
      await stage.ok(agent.id, 'hangup')
    },
  ),
  check(
    'transfer: park_after_unbridge parks the caller when the new side leaves',
    page('Transfer call'),
    on(command('transfer'), 'park_after_unbridge'),
    async (stage) => {
      const caller = await stage.answered()
      const callee = await stage.phone()
      await stage.ok(caller.id, 'transfer', { to: callee.contactUri, park_after_unbridge: 'self' })
      const call = await callee.nextCall(10_000)
      await stage.event(caller.id, 'call.bridged')
      call.hangUp()
      await stage.webhooks.next(
        ({ type, payload }) => type === 'call.hangup' && payload['to'] === callee.contactUri,
        'call.hangup of the new side',
      )
      assertOk(await stage.command(caller.id, 'enqueue', { queue_name: stage.unique('again') }))
      await stage.ok(caller.id, 'hangup')
    },
  ),
]

const played = (stage: Stage, id: string, status: string, fits = (_: Json): boolean => true) =>
  stage.event(id, 'call.playback.ended', (told) => told['status'] === status && fits(told))

const playing = (
  name: string,
  cites: string,
  fields: readonly string[],
  run: Check['run'],
): Check => check(name, cites, on(command('playback_start'), ...fields), run)

const playbacks: readonly Check[] = [
  playing(
    'playback_start: playback_content is played, loop says how often',
    page('Play audio URL'),
    ['playback_content', 'loop', 'audio_type'],
    async (stage) => {
      const file = await fetch(await stage.soundUrl(600, 200))
      const playback_content = Buffer.from(await file.arrayBuffer()).toString('base64')
      const { id } = await stage.answered()
      const once = Date.now()
      await stage.ok(id, 'playback_start', {
        playback_content,
        loop: 5,
        audio_type: 'wav',
      })
      await played(stage, id, 'completed')
      assert.ok(Date.now() - once >= 1_000, 'five times 200 ms are a second')
      await stage.ok(id, 'hangup')
    },
  ),
  playing(
    'playback_start: a file is fetched once, with cache_audio false each time',
    `${page('Play audio URL')}; C132`,
    ['audio_url', 'cache_audio'],
    async (stage) => {
      const { id } = await stage.answered()
      // A length that no other check asks for: an address of its own.
      const audio_url = await stage.soundUrl(600, 130)
      const counts: number[] = []
      for (const more of [{}, {}, { cache_audio: true }, { cache_audio: false }, {}]) {
        const client_state = Buffer.from(stage.unique('play')).toString('base64')
        await stage.ok(id, 'playback_start', { audio_url, client_state, ...more })
        await played(stage, id, 'completed', (told) => told['client_state'] === client_state)
        counts.push(await stage.soundFetches(audio_url))
      }
      assert.deepEqual(counts, [1, 1, 1, 2, 2])
      await stage.ok(id, 'hangup')
    },
  ),
  ...(
    [
      ['that is not there', 'file_not_found', '/nothing.wav'],
      ['that is no sound', 'failed', '/broken.wav'],
    ] as const
  ).map(([what, status, path]) =>
    check(
      `playback_start: a file ${what} ends with ${status}`,
      'C131',
      [`${command('playback_start')}#audio_url`, `event call.playback.ended#status=${status}`],
      async (stage) => {
        const { id } = await stage.answered()
        const audio_url = `${new URL(await stage.soundUrl(500)).origin}${path}`
        await stage.ok(id, 'playback_start', { audio_url })
        const { payload } = await played(stage, id, status)
        assert.equal(payload['media_url'], audio_url)
        await stage.ok(id, 'hangup')
      },
    ),
  ),
  playing(
    'playback_start: overlay lies over what is played, and is told as such',
    'C126',
    ['overlay'],
    async (stage) => {
      const { id } = await stage.answered()
      const over = { audio_url: await stage.soundUrl(700, 200), overlay: true }
      const bare = await stage.command(id, 'playback_start', over)
      assertRefused(bare, 422, '10015', { pointer: '/overlay' })
      const under = await stage.soundUrl(500)
      await stage.ok(id, 'playback_start', { audio_url: under })
      await stage.event(id, 'call.playback.started')
      await stage.ok(id, 'playback_start', over)
      const { payload } = await played(stage, id, 'completed')
      assert.deepEqual([payload['overlay'], payload['media_url']], [true, over.audio_url])
      await stage.ok(id, 'playback_stop')
      await played(stage, id, 'cancelled', (told) => told['media_url'] === under)
      await stage.ok(id, 'hangup')
    },
  ),
  check(
    'playback_stop: overlay ends the overlay alone; stop all ends what waits, too',
    'C127',
    on(command('playback_stop'), 'overlay', 'stop', 'stop=all', 'stop=current'),
    async (stage) => {
      const { id } = await stage.answered()
      const [first, second, over] = await Promise.all(
        [500, 600, 700].map((hz) => stage.soundUrl(hz)),
      )
      await stage.ok(id, 'playback_start', { audio_url: first })
      await stage.event(id, 'call.playback.started')
      await stage.ok(id, 'playback_start', { audio_url: second })
      await stage.ok(id, 'playback_start', { audio_url: over, overlay: true })
      await stage.event(id, 'call.playback.started', (told) => told['media_url'] === over)
      await stage.ok(id, 'playback_stop', { overlay: true })
      await played(stage, id, 'cancelled', (told) => told['media_url'] === over)
      await stage.ok(id, 'playback_stop', { stop: 'current' })
      await played(stage, id, 'cancelled', (told) => told['media_url'] === first)
      await stage.event(id, 'call.playback.started', (told) => told['media_url'] === second)
      await stage.ok(id, 'playback_start', { audio_url: first })
      await stage.ok(id, 'playback_stop', { stop: 'all' })
      await played(stage, id, 'cancelled', (told) => told['media_url'] === second)
      await stage.ok(id, 'hangup')
      await stage.event(id, 'call.hangup')
      const starts = stage.webhooks.ofCall(id).filter(({ type }) => type.endsWith('.started'))
      assert.equal(starts.length, 3, 'what waited was started')
    },
  ),
  playing(
    'playback_start: stop current ends what runs, and the new file follows',
    'C127',
    ['stop', 'stop=current'],
    async (stage) => {
      const { id } = await stage.answered()
      const [first, second] = await Promise.all([500, 600].map((hz) => stage.soundUrl(hz)))
      await stage.ok(id, 'playback_start', { audio_url: first })
      await stage.event(id, 'call.playback.started')
      await stage.ok(id, 'playback_start', { audio_url: second, stop: 'current' })
      await played(stage, id, 'cancelled', (told) => told['media_url'] === first)
      await stage.event(id, 'call.playback.started', (told) => told['media_url'] === second)
      await stage.ok(id, 'hangup')
    },
  ),
  ...(['playback_start', 'speak'] as const).map((name) =>
    check(
      `${name}: target_legs opposite is heard and told of the other side of the bridge`,
      'C130',
      on(command(name), 'target_legs', 'target_legs=opposite'),
      async (stage) => {
        const { caller, agent } = await talking(stage)
        const body =
          name === 'speak'
            ? { payload: 'hi', voice: 'female', language: 'en-US' }
            : { audio_url: await stage.soundUrl(500, 200) }
        await stage.ok(agent.id, name, { ...body, target_legs: 'opposite' })
        const type = name === 'speak' ? 'call.speak.ended' : 'call.playback.ended'
        await stage.event(caller.id, type)
        const own = stage.webhooks.ofCall(agent.id).map((one) => one.type)
        assert.ok(!own.includes(type))
        await stage.ok(caller.id, 'hangup')
      },
    ),
  ),
  playing(
    'playback_start: target_legs opposite without a bridge is 90015',
    `C130; ${errorPage('90015')}`,
    ['target_legs'],
    async (stage) => {
      const { id } = await stage.answered()
      const body = { audio_url: await stage.soundUrl(500), target_legs: 'opposite' }
      assertRefused(await stage.command(id, 'playback_start', body), 422, '90015')
      await stage.ok(id, 'hangup')
    },
  ),
]

const phrase = { payload: 'hi', voice: 'female', language: 'en-US' }

const speeches: readonly Check[] = [
  check(
    'speak: stop current ends the words that run, loop repeats, SSML is understood',
    page('Speak text'),
    on(command('speak'), 'stop', 'loop', 'payload_type', 'payload_type=ssml', 'service_level'),
    async (stage) => {
      const { id } = await stage.answered()
      await stage.ok(id, 'speak', { ...phrase, loop: 'infinity' })
      const first = await stage.event(id, 'call.speak.started')
      const ssml = { payload: '<speak>hi</speak>', payload_type: 'ssml', service_level: 'premium' }
      await stage.ok(id, 'speak', { ...phrase, ...ssml, stop: 'current' })
      const own = first.payload['speak_id']
      await stage.event(id, 'call.speak.ended', (told) => told['speak_id'] === own)
      await stage.event(id, 'call.speak.ended', (told) => told['speak_id'] !== own)
      await stage.ok(id, 'hangup')
    },
  ),
]

/** A gather with a prompt; what is pressed comes after the prompt began. */
async function prompted(stage: Stage, name: string, body: Json, keys: string): Promise<Json> {
  const caller = await stage.answered()
  const prompt =
    name === 'gather_using_speak' ? phrase : { audio_url: await stage.soundUrl(500, 300) }
  await stage.ok(caller.id, name, { ...prompt, ...body })
  const type = name === 'gather_using_speak' ? 'call.speak.started' : 'call.playback.started'
  await stage.event(caller.id, type)
  if (keys !== '') await caller.call.sendDtmf(keys)
  const { payload } = await stage.event(caller.id, 'call.gather.ended')
  await stage.ok(caller.id, 'hangup')
  return payload
}

const gatherCases: readonly (readonly [
  body: Json,
  keys: string,
  digits: string,
  status: string,
])[] = [
  [{ maximum_digits: 2 }, '42', '42', 'valid'],
  [
    // Time enough for the first key, wherever the prompt is when it is pressed.
    {
      minimum_digits: 2,
      maximum_tries: 1,
      timeout_millis: 30_000,
      inter_digit_timeout_millis: 300,
    },
    '4',
    '4',
    'invalid',
  ],
  [{ valid_digits: '12', maximum_digits: 1, maximum_tries: 1 }, '9', '9', 'invalid'],
  [{ maximum_tries: 1, timeout_millis: 300 }, '', '', 'timeout'],
  [{ terminating_digit: '*', gather_id: 'pin' }, '7*', '7', 'valid'],
]

const gathers: readonly Check[] = ['gather_using_audio', 'gather_using_speak'].flatMap((name) => [
  ...gatherCases.map(([body, keys, digits, status]) =>
    check(
      `${name}: ${JSON.stringify(body)} and ${keys === '' ? 'nothing' : keys} pressed: ${status}`,
      page(name === 'gather_using_audio' ? 'Gather using audio' : 'Gather using speak'),
      [...on(command(name), ...Object.keys(body)), `event call.gather.ended#status=${status}`],
      async (stage) => {
        const payload = await prompted(stage, name, body, keys)
        assert.deepEqual([payload['status'], payload['digits']], [status, digits])
        if (body['gather_id'] !== undefined) assert.equal(payload['gather_id'], body['gather_id'])
      },
    ),
  ),
  check(
    `${name}: a wrong key is answered with the other prompt, and asked again`,
    page(name === 'gather_using_audio' ? 'Gather using audio' : 'Gather using speak'),
    on(
      command(name),
      'maximum_tries',
      ...(name === 'gather_using_audio' ? ['invalid_audio_url'] : ['invalid_payload']),
    ),
    async (stage) => {
      const caller = await stage.answered()
      const speaks = name === 'gather_using_speak'
      const body = speaks
        ? { ...phrase, invalid_payload: 'no' }
        : {
            audio_url: await stage.soundUrl(500, 300),
            invalid_audio_url: await stage.soundUrl(600, 300),
          }
      const type = speaks ? 'call.speak.started' : 'call.playback.started'
      const prompts = () => stage.webhooks.ofCall(caller.id).filter((one) => one.type === type)
      const options = { valid_digits: '1', maximum_digits: 1, maximum_tries: 2 }
      await stage.ok(caller.id, name, { ...body, ...options })
      await stage.event(caller.id, type)
      await caller.call.sendDtmf('9')
      await stage.webhooks.next(() => prompts().length >= 2, 'a second prompt')
      await caller.call.sendDtmf('1')
      const { payload } = await stage.event(caller.id, 'call.gather.ended')
      assert.deepEqual([payload['status'], payload['digits']], ['valid', '1'])
      await stage.ok(caller.id, 'hangup')
    },
  ),
])

export const effectChecks: readonly Check[] = [
  ...invites,
  ...answers,
  ...bridges,
  ...playbacks,
  ...speeches,
  ...gathers,
]
