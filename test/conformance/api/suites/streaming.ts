// A call's sound over a WebSocket, both ways, and copied as RTP: the messages, the webhooks and the refusals. The far end
// listens on the machine of the suite.
import assert from 'node:assert/strict'
import { startStreamAgent, type Streamed } from '../../../support/stream-agent.ts'
import { assertField, assertRefused, page, type Check } from '../check.ts'
import type { ConformanceStage } from '../stage.ts'

const check = (
  name: string,
  covers: readonly string[],
  run: Check['run'],
  cites = page('Media streaming'),
): Check => ({ name, cites, covers, needs: 'calls', run })

const command = (name: string): string => `POST /calls/{call_control_id}/actions/${name}`
const start = command('streaming_start')
const rtp = { stream_bidirectional_mode: 'rtp', stream_bidirectional_target_legs: 'self' }
const common = [
  'call_control_id',
  'call_leg_id',
  'call_session_id',
  'client_state',
  'connection_id',
]
const fieldsOf = (event: string, more: readonly string[]): string[] =>
  [...common, ...more].map((name) => `event ${event}#${name}`)

/** A new call that is streamed to a far end of its own. */
async function streamed(
  stage: ConformanceStage,
  body: object,
  run: (id: string, stream: Streamed, url: string) => Promise<void>,
): Promise<void> {
  const agent = await startStreamAgent()
  try {
    const { id } = await stage.answered()
    await stage.ok(id, 'streaming_start', { stream_url: agent.url, ...rtp, ...body })
    await run(id, await agent.next(), agent.url)
    await stage.ok(id, 'hangup')
  } finally {
    await agent.close()
  }
}

export const streamingChecks: readonly Check[] = [
  check(
    'streaming_start: connected and start, media, streaming.started; stop and streaming.stopped',
    [
      ...[start, `${start}#stream_url`, `${start}#stream_auth_token`, `${start}#client_state`],
      ...[`${start}#custom_parameters`, `${start}#stream_bidirectional_mode=rtp`],
      ...[`${start}#stream_bidirectional_target_legs=self`, command('streaming_stop')],
      ...fieldsOf('streaming.started', ['stream_url']),
      ...fieldsOf('streaming.stopped', ['stream_url']),
    ],
    (stage) => {
      const custom_parameters = [{ name: 'customer', value: '42' }]
      const extra = { stream_auth_token: 'secret', client_state: 'aGk=', custom_parameters }
      return streamed(stage, extra, async (id, stream, url) => {
        assert.equal(stream.headers['x-telnyx-streaming-auth-token'], 'secret')
        await stream.message('connected')
        const { start: facts } = (await stream.message('start')) as {
          start: Record<string, unknown>
        }
        assertField(facts, 'call_control_id', [id])
        assertField(facts, 'client_state', ['aGk='])
        assert.deepEqual(facts['custom_parameters'], { customer: '42' })
        assertField((await stage.event(id, 'streaming.started')).payload, 'stream_url', [url])
        await stage.ok(id, 'streaming_stop')
        await stream.message('stop')
        const { payload } = await stage.event(id, 'streaming.stopped')
        assertField(payload, 'stream_url', [url])
        assertField(payload, 'client_state', ['aGk='])
      })
    },
  ),
  check(
    'streaming: a mark comes back after the sound before it, and at once after clear',
    [`${start}#stream_bidirectional_codec`, `${start}#stream_track=both_tracks`],
    (stage) =>
      streamed(stage, { stream_track: 'both_tracks' }, async (_id, stream) => {
        stream.say(1000, 500)
        stream.mark('said')
        assert.deepEqual((await stream.message('mark'))['mark'], { name: 'said' })
        stream.say(1000, 20_000)
        stream.mark('cut')
        stream.send({ event: 'clear' })
        await stream.message('mark', ({ mark }) => (mark as { name: string }).name === 'cut')
      }),
  ),
  check(
    'streaming_start on a call that is streamed is 90045, streaming_stop without a stream 90046',
    ['code 422 90045', 'code 422 90046', `${command('streaming_stop')}#stream_id`],
    (stage) =>
      streamed(stage, {}, async (id, _stream, url) => {
        assertRefused(await stage.command(id, 'streaming_start', { stream_url: url }), 422, '90045')
        const other = { stream_id: '00000000-0000-4000-8000-000000000000' }
        assertRefused(await stage.command(id, 'streaming_stop', other), 422, '90046')
        await stage.ok(id, 'streaming_stop')
        assertRefused(await stage.command(id, 'streaming_stop'), 422, '90046')
      }),
  ),
  check(
    'a far end that refuses is streaming.failed, and the call goes on',
    fieldsOf('streaming.failed', ['failure_reason', 'stream_id', 'stream_params', 'stream_type']),
    async (stage) => {
      const { id } = await stage.answered()
      await stage.ok(id, 'streaming_start', { stream_url: 'ws://127.0.0.1:1/' })
      const { payload } = await stage.event(id, 'streaming.failed')
      assertField(payload, 'failure_reason', 'text')
      assertField(payload, 'stream_id', 'uuid')
      assertField(payload, 'stream_type', ['websocket'])
      assert.deepEqual(payload['stream_params'], {
        ...{ stream_url: 'ws://127.0.0.1:1/', track: 'inbound_track' },
      })
      await stage.ok(id, 'hangup')
    },
  ),
  check(
    'fork_start and fork_stop with their webhooks; fork_stop without a fork is 90031',
    [
      ...['rx', 'tx'].map((name) => `${command('fork_start')}#${name}`),
      ...[command('fork_start'), command('fork_stop'), 'code 422 90031'],
      ...fieldsOf('call.fork.started', ['stream_type']),
      ...fieldsOf('call.fork.stopped', ['stream_type']),
    ],
    async (stage) => {
      const { id } = await stage.answered()
      assertRefused(await stage.command(id, 'fork_stop'), 422, '90031')
      await stage.ok(id, 'fork_start', { rx: 'udp:127.0.0.1:9', tx: 'udp:127.0.0.1:9' })
      const started = await stage.event(id, 'call.fork.started')
      assertField(started.payload, 'stream_type', ['decrypted'])
      await stage.ok(id, 'fork_stop')
      await stage.event(id, 'call.fork.stopped')
      await stage.ok(id, 'hangup')
    },
    page('Forking start'),
  ),
]
