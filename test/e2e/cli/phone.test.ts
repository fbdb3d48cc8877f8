// The telephone in the terminal against a real server: what it says that it hears is what was played, and so is what it
// saves.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { wavFile } from '../../../src/cli/phone/sound.ts'
import { toneSegments } from '../../../src/media/audio/goertzel.ts'
import { command, run } from '../../support/command.ts'
import { freePort } from '../../support/free-port.ts'
import { musicHz, startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
let folder: string
before(async () => {
  stage = await startStage({
    config: { sip_users: [{ username: 'alice', password: 'alice-secret' }] },
  })
  folder = await mkdtemp(join(tmpdir(), 'holdfast-phone-'))
})
after(async () => {
  await stage.close()
  await rm(folder, { recursive: true, force: true })
})

const server = () => ['--server', `127.0.0.1:${stage.server.sip.port}`, '--domain', 'localhost']

test('it calls, says a tone, hears the music, and saves it as WAV', async () => {
  const file = join(folder, 'heard.wav')
  const told = stage.receiver.waitFor('call.initiated', 20_000)
  const phone = command(
    ['phone', ...server(), '--user', 'bob', '--call', '+15550100', '--say', '440', '--save', file],
    { cwd: folder },
  )
  const id = String((await told).payload['call_control_id'])
  await stage.command(id, 'answer')
  await phone.prints(/the call is up/)
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await phone.prints(new RegExp(`hears a tone of ${musicHz} Hz`))
  await stage.command(id, 'hangup')
  const { code, stdout, stderr } = await phone.ended
  assert.equal(code, 0, stderr)
  assert.match(stdout, /the other side hung up/)
  assert.match(stdout, /audio packets, none lost/)
  const wav = await readFile(file)
  assert.equal(wav.subarray(0, 4).toString(), 'RIFF')
  assert.equal(wav.readUInt32LE(24), 8000)
  assert.equal(wav.readUInt32LE(40), wav.length - 44)
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length))
  const tones = toneSegments(samples).filter(({ heard }) => heard.kind === 'tone')
  assert.ok(
    tones.some(({ heard }) => heard.kind === 'tone' && Math.abs(heard.hz - musicHz) < 12),
    JSON.stringify(tones),
  )
})

test('it registers, takes a call, presses keys, says what it is told, and Ctrl-C hangs up', async () => {
  const args = [
    'phone',
    ...server(),
    '--user',
    'alice',
    '--register',
    '--keys',
    '12w#',
    '--interactive',
  ]
  const phone = command(args, { env: { PHONE_PASSWORD: 'alice-secret' }, cwd: folder })
  await phone.prints(/registered for \d+ s/)
  const id = await stage.dial('sip:alice@localhost')
  await phone.prints(/is called by .*15550100/)
  await stage.event(id, 'call.answered')
  for (const digit of ['1', '2', '#']) {
    await stage.event(id, 'call.dtmf.received', (payload) => payload['digit'] === digit)
  }
  phone.child.stdin?.write('5\nsay 600\nnonsense\n')
  await stage.event(id, 'call.dtmf.received', (payload) => payload['digit'] === '5')
  await phone.prints(/says 600/)
  await phone.prints(/no such order: nonsense/)
  phone.child.kill('SIGINT')
  const { code, stderr } = await phone.ended
  assert.equal(code, 0, stderr)
  await stage.event(id, 'call.hangup')
})

test('what it says is heard at the other end: a file, then a tone, and nothing of it while it holds', async () => {
  const file = join(folder, 'greeting.wav')
  // A minute: it is said from the answer on, and heard only once the two are bridged.
  const wave = Int16Array.from({ length: 60 * 8000 }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 1500 * index) / 8000)),
  )
  await writeFile(file, wavFile([wave]))
  const caller = await stage.queueUp('spoken')
  const args = ['--user', 'frank', '--say', file, '--interactive', '--tcp']
  const phone = command(['phone', ...server(), ...args], { cwd: folder })
  try {
    const [, uri = ''] = await phone.prints(/waits for a call at (\S+)/)
    const id = await stage.dial(uri)
    await stage.event(id, 'call.answered')
    await stage.command(id, 'bridge', { queue: 'spoken' })
    await caller.call.hears(1500, 10_000)
    await phone.prints(/hears a tone of 440 Hz/)
    phone.child.stdin?.write('say 600\n')
    await caller.call.hearsOnly(600, 10_000)
    phone.child.stdin?.write('hold\n')
    await stage.event(id, 'call.hold')
    await caller.call.hearsSilence(10_000)
    phone.child.stdin?.write('resume\n')
    await stage.event(id, 'call.unhold')
    await caller.call.hears(600, 10_000)
    phone.child.stdin?.write('hangup\n')
    const { code, stderr } = await phone.ended
    assert.equal(code, 0, stderr)
    await stage.event(id, 'call.hangup')
  } finally {
    phone.child.kill('SIGKILL')
  }
})

test('as JSON it is told what happened; a tone that is expected ends the call, one that never comes is exit code 5', async () => {
  const told = stage.receiver.waitFor(({ payload }) => payload['from'] === 'carol', 20_000)
  const phone = command(
    [
      'phone',
      ...server(),
      '--user',
      'carol',
      '--call',
      '+15550100',
      '--expect',
      String(musicHz),
      '--json',
    ],
    { cwd: folder },
  )
  const id = String((await told).payload['call_control_id'])
  await stage.command(id, 'answer')
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl })
  const { code, stdout } = await phone.ended
  assert.equal(code, 0)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string })
  const names = events.map(({ event }) => event)
  for (const name of ['calling', 'answered', 'hears', 'ended', 'summary'])
    assert.ok(names.includes(name), name)

  const next = stage.receiver.waitFor(({ payload }) => payload['from'] === 'dave', 20_000)
  const other = run(
    [
      'phone',
      ...server(),
      '--user',
      'dave',
      '--call',
      '+15550100',
      '--expect',
      '2000',
      '--for',
      '0.5',
    ],
    { cwd: folder },
  )
  await stage.command(String((await next).payload['call_control_id']), 'answer')
  const missed = await other
  assert.equal(missed.code, 5)
  assert.match(missed.stderr, /2000 Hz were not heard/)
})

test('a wrong password and a call that is refused: exit code 5 with the status in words', async () => {
  const wrong = await run(
    ['phone', ...server(), '--user', 'alice', '--password', 'no', '--register'],
    { cwd: folder },
  )
  assert.equal(wrong.code, 5)
  assert.match(wrong.stderr, /registration was refused: 40[13]/)
  const told = stage.receiver.waitFor(({ payload }) => payload['from'] === 'erin', 20_000)
  const refused = run(['phone', ...server(), '--user', 'erin', '--call', '+15550100'], {
    cwd: folder,
  })
  await stage.command(String((await told).payload['call_control_id']), 'reject', {
    cause: 'USER_BUSY',
  })
  const { code, stderr } = await refused
  assert.equal(code, 5)
  assert.match(stderr, /no call: 486 busy/)
})

test('what cannot work is said before the call: a file that cannot be saved, a port where nobody answers', async () => {
  const port = String(await freePort())
  const silent = ['phone', '--server', `127.0.0.1:${port}`, '--call', '1', '--wait', '1']
  const nobody = await run(silent)
  assert.equal(nobody.code, 5)
  assert.match(nobody.stderr, new RegExp(`no answer from 127\\.0\\.0\\.1:${port}[^]*its SIP port`))
  const unsaved = await run([...silent, '--save', tmpdir()])
  assert.equal(unsaved.code, 1)
  assert.match(unsaved.stderr, /is a folder/)
  assert.equal(unsaved.stdout, '', 'no call was placed')
  const nowhere = await run([...silent, '--save', '/proc/x'])
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stderr, /\/proc\/x cannot be written there/)
  assert.equal(nowhere.stdout, '', 'no call was placed')
  const undialled = await run(['phone', '--call', 'a@@b'])
  assert.equal(undialled.code, 2)
  assert.match(undialled.stderr, /a number, the name of a SIP user, or a SIP URI/)
})
