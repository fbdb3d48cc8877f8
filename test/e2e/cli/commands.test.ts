// Each command against a real server with real phones: for people and as JSON, and how it ends when something is wrong.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { command, run, type Ended, type Running } from '../../support/command.ts'
import { freePort } from '../../support/free-port.ts'
import { agentHz, startStage, type Json, type Stage } from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const env = () => ({ HOLDFAST_URL: stage.server.origin, HOLDFAST_API_KEY: stage.server.apiKey })

/** A command that must succeed; what it prints for people, which is never coloured in a pipe. */
async function told(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args, { env: env() })
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
  assert.equal(stderr, '')
  assert.ok(!stdout.includes('\u001b'), 'no colours in a pipe')
  return stdout
}

/** The same with --json; its `data`. */
async function data(...args: readonly string[]): Promise<unknown> {
  const text = await told(...args, '--json')
  return (JSON.parse(text) as { data: unknown }).data
}

test('a call from its beginning to its end by commands', async () => {
  const caller = await stage.callIn()
  const calls = await told('calls')
  assert.match(
    calls,
    new RegExp(`${caller.id}.* ringing +${caller.phone.contactUri.slice(4).split('@')[0]}`),
  )
  assert.match(await told('answer', caller.id), /✔ answered/)
  await caller.call.answered(5_000)
  assert.match(await told('enqueue', caller.id, 'sales', '--max-wait', '600'), /in the queue sales/)

  assert.match(await told('queues'), /QUEUE +WAITING .*\nsales +1 /)
  assert.match(await told('queues', 'sales'), new RegExp(`\\n1 .* on the line +${caller.id}\\n`))
  const [queue] = (await data('queues')) as Json[]
  assert.equal(queue?.['current_size'], 1)
  const [waiting] = (await data('queues', 'sales')) as Json[]
  assert.equal(waiting?.['call_control_id'], caller.id)

  const agent = await stage.phone({
    user: 'agent',
    voice: { kind: 'tone', hz: agentHz },
    answer: { kind: 'answer', afterMs: 0, before: 'ringing' },
  })
  const dialled = await told('dial', agent.contactUri, '--from', '+15550100')
  const agentId = /^v3:\S+$/m.exec(dialled)?.[0] ?? ''
  await agent.nextCall(5_000)
  await stage.event(agentId, 'call.answered')
  assert.match(await told('bridge', agentId, '--queue', 'sales'), /✔ bridged/)
  await caller.call.hearsOnly(agentHz, 5_000)

  const status = await told('status')
  assert.match(status, /server +ready\n/)
  assert.match(status, /calls +2 calls\n/)
  const counted = (await data('status')) as Json
  assert.deepEqual([counted['calls'], counted['waiting'], counted['status']], [2, 0, 'ready'])

  assert.match(await told('hangup', agentId), /✔ hung up/)
  await stage.event(agentId, 'call.hangup')
  const events = await told('events', '-n', '50', '--call', caller.id)
  assert.match(events, /call\.initiated .*\n +✔ 200 {2}call\.initiated → http/, 'with its delivery')
  assert.match(events, /call\.enqueued .* queue sales/)
  const listed = (await data('events', '--type', 'call.dequeued,call.bridged')) as Json[]
  assert.deepEqual(listed.map((event) => event['event_type']).sort(), [
    'call.bridged',
    'call.bridged',
    'call.dequeued',
  ])
})

test('with --json each command that steers answers with what the API says', async () => {
  const caller = await stage.callIn()
  const agent = await stage.phone({ answer: { kind: 'answer', afterMs: 0, before: 'ringing' } })
  assert.deepEqual(await data('answer', caller.id), { result: 'ok' })
  assert.deepEqual(await data('enqueue', caller.id, 'as-json'), { result: 'ok' })
  const dialled = (await data('dial', agent.contactUri, '--from', '+15550100')) as Json
  const id = String(dialled['call_control_id'])
  await stage.event(id, 'call.answered')
  assert.deepEqual(await data('bridge', id, '--queue', 'as-json'), { result: 'ok' })
  assert.deepEqual(await data('hangup', id), { result: 'ok' })
})

test('one call is shown in all its steps, and followed to its end', async () => {
  const caller = await stage.answered()
  const shown = await told('call', caller.id)
  assert.match(shown, /^leg A {2}incoming caller\d+ → \+15550100/)
  assert.match(shown, /A {2}sip +← INVITE/)
  assert.match(shown, /A {2}event +call\.answered/)
  const timeline = (await data('call', caller.id)) as { items: Json[]; legs: Json[] }
  assert.equal(timeline.legs.length, 1)
  assert.ok(
    timeline.items.some((item) => item['lane'] === 'command'),
    'the answer command',
  )

  const following = run(['call', caller.id, '--follow'], { env: env() })
  caller.call.hangUp()
  const { code, stdout } = await following
  assert.equal(code, 0)
  assert.match(stdout, /event +call\.hangup/)
  assert.match(stdout, /leg A {2}ended \(normal_clearing\)/)
})

const failures: readonly {
  readonly what: string
  readonly args: readonly string[]
  readonly code: number
  readonly says: RegExp
}[] = [
  {
    what: 'an unknown call',
    args: ['hangup', 'v3:none'],
    code: 1,
    says: /refused with 4\d\d\n +\d{5} /,
  },
  {
    what: 'an unknown queue',
    args: ['queues', 'nowhere'],
    code: 1,
    says: /there is no queue nowhere\n +10005 Resource not found/,
  },
  {
    what: 'a wrong key',
    args: ['queues', '--key', 'wrong'],
    code: 1,
    says: /401\n.*10009[^]*--key/,
  },
  {
    what: 'an unknown command',
    args: ['frobnicate'],
    code: 2,
    says: /unknown command[^]*holdfast help/,
  },
  {
    what: 'an unknown option',
    args: ['calls', '--bogus'],
    code: 2,
    says: /--bogus'[^]*holdfast help/,
  },
  {
    what: 'a missing argument',
    args: ['enqueue', 'x'],
    code: 2,
    says: /missing[^]*holdfast help/,
  },
  {
    what: 'neither call nor queue',
    args: ['bridge', 'x'],
    code: 2,
    says: /either[^]*holdfast help/,
  },
  {
    what: 'a number that is none',
    args: ['events', '-n', 'many'],
    code: 2,
    says: /whole number[^]*holdfast help/,
  },
  {
    what: 'a type of event that there is not',
    args: ['events', '--follow', '--type', 'call.answered,call.enqued'],
    code: 2,
    says: /no event has the type "call\.enqued"; the nearest one is call\.enqueued/i,
  },
  {
    what: 'a URL that is none',
    args: ['status', '--url', 'here'],
    code: 2,
    says: /"here" is not the URL/,
  },
]
for (const { what, args, code, says } of failures) {
  test(`${what}: exit code ${code}, and why`, async () => {
    const ended = await run(args, { env: env() })
    assert.equal(ended.code, code, ended.stderr)
    assert.match(ended.stderr, says)
    assert.equal(ended.stdout, '')
  })
}

test('where there is nothing to list it is said so; as JSON it is an empty list', async () => {
  assert.match(await told('events', '--call', 'v3:none'), /^No such events of this call\.\n$/)
  assert.match(await told('events', '--type', 'call.refer.failed'), /^No such events yet\.\n$/)
  assert.deepEqual(await data('events', '--call', 'v3:none'), [])
})

test('on a terminal: colours, unless they are not wanted, and what takes long says that it goes on', async () => {
  let answers: () => void = () => undefined
  const slow = createServer((_request, response) => {
    answers = () => response.end('{"data":[],"meta":{"total_results":0}}')
  })
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  const address = slow.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const terminal = (args: string, more: Readonly<Record<string, string>> = {}) => {
    const shell = `script -qec "$HOLDFAST ${args}" /dev/null`
    return command([], { env: { ...env(), TERM: 'xterm', ...more }, shell })
  }
  const ended = async ({ child, ended: end }: Running): Promise<string> => {
    child.stdin?.end()
    const { code, stdout } = await end
    assert.equal(code, 0, stdout)
    return stdout
  }
  const onTerminal = (...how: Parameters<typeof terminal>) => ended(terminal(...how))
  try {
    const colour = /\u001b\[\d+m/
    assert.match(await onTerminal('status'), colour)
    assert.doesNotMatch(await onTerminal('status', { NO_COLOR: '1' }), colour)
    assert.doesNotMatch(await onTerminal('status --no-color'), colour)
    // That it goes on is said on the error output, however it is to answer.
    assert.doesNotMatch(await onTerminal('status --json 2>/dev/null'), /\u001b/)
    const waiting = terminal(`queues --url http://127.0.0.1:${port}`)
    await waiting.prints(/ … \d+ s/)
    answers()
    const waited = await ended(waiting)
    assert.match(waited, /\r\u001b\[2K\S [a-z ]+ … \d+ s\r\u001b\[2K/)
    assert.match(waited, /No queues\./)
    slow.once('request', () => setTimeout(() => answers(), 1600))
    const piped = await run(['queues', '--url', `http://127.0.0.1:${port}`], { env: env() })
    assert.deepEqual([piped.code, piped.stderr], [0, ''])
  } finally {
    slow.close()
  }
})

test('nobody listens: exit code 3 and the way out; as JSON on the error output', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const words: Ended = await run(['status', '--url', url], { env: env() })
  assert.equal(words.code, 3)
  assert.match(words.stderr, /nothing listens there[^]*holdfast start/)
  const json = await run(['status', '--url', url, '--json'], { env: env() })
  assert.equal(json.code, 3)
  const told = JSON.parse(json.stderr) as { error: { message: string }; exit_code: number }
  assert.equal(told.exit_code, 3)
  assert.match(told.error.message, /nothing listens/)
})

test('a refusal as JSON has what the server said', async () => {
  const { code, stderr } = await run(['hangup', 'v3:none', '--json'], { env: env() })
  assert.equal(code, 1)
  const told = JSON.parse(stderr) as { error: { status: number; errors: { code: string }[] } }
  assert.ok(told.error.status >= 400)
  assert.match(told.error.errors[0]?.code ?? '', /^\d{5}$/)
})
