// A new version over old data: `npm start` brings the file forward from the first schema, with calls up and webhooks owed;
// a file that it cannot read is refused with a message, and not one byte of it changes.
import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { schemaNow, schemaOf, takeBackToSchema1 } from '../../support/old-schema.ts'
import { startPlain } from '../../support/plain-server.ts'
import { backMs, startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { agentHz, callerHz, dataOf, type Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-upgrade-'))
  recovery = await startRecoveryStage()
  stage = recovery.stage
})

after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await recovery.close()
})

test('data of the first schema: calls go on, places and kept callers are there, owed webhooks arrive', async () => {
  await stage.request('POST', '/queues', { queue_name: 'sized', max_size: 7 })
  const kept = await stage.queueUp('line', { keep_after_hangup: true })
  kept.call.hangUp()
  await stage.event(kept.id, 'call.hangup')
  const waiting = await stage.queueUp('line')
  const pair = await stage.conversation('pairs')
  const leaver = await stage.queueUp('line')
  await stage.event(leaver.id, 'call.enqueued')
  stage.receiver.answerWith(503)
  leaver.call.hangUp()
  await stage.event(leaver.id, 'call.dequeued')

  await recovery.kill()
  takeBackToSchema1(recovery.server.dataDirectory)
  const before = stage.receiver.deliveries.length
  stage.receiver.answerWith(200)
  await recovery.start()
  assert.equal(schemaOf(recovery.server.dataDirectory), schemaNow)
  await Promise.all([
    pair.caller.call.hearsOnly(agentHz, backMs),
    pair.agent.call.hearsOnly(callerHz, backMs),
    waiting.call.hearsSilence(backMs),
  ])
  assert.deepEqual(await recovery.places('line'), [kept.id, waiting.id])
  assert.equal(dataOf(await stage.request('GET', '/queues/sized'))['max_size'], 7)
  await stage.receiver.waitFor(
    ({ type, payload }) => type === 'call.hangup' && payload['call_control_id'] === leaver.id,
  )
  // One that had been delivered may come again: that it was may not have been written down.
  const owed = stage.receiver.deliveries
    .slice(before)
    .filter(({ payload }) => payload['call_control_id'] === leaver.id)
    .map(({ type }) => type)
  assert.deepEqual(owed.slice(-2), ['call.dequeued', 'call.hangup'])
  assert.equal(recovery.told(leaver.id, 'call.enqueued'), 1)
  // And it is written as any other: the next start has it all.
  await recovery.crash()
  assert.deepEqual(await recovery.places('line'), [kept.id, waiting.id])
  pair.caller.call.hangUp()
  assert.equal((await pair.agent.call.ended(3_000)).by, 'peer')
  await stage.command(waiting.id, 'hangup')
  await waiting.call.ended(3_000)
})

const unreadable: readonly {
  readonly name: string
  readonly says: RegExp
  /** Spoils the good database in this directory. */
  readonly spoil: (directory: string) => void
}[] = [
  {
    name: 'a database of a newer release, its last writes still in the log of a crash',
    says: /newer release \(schema 99, this one knows \d+\).*It was left as it is/s,
    spoil: (directory) => {
      const file = join(directory, 'holdfast.db')
      const database = new DatabaseSync(file)
      database.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 99')
      const copies = ['', '-wal'].map((end) => [`${file}${end}`, readFileSync(`${file}${end}`)])
      database.close()
      for (const [path, bytes] of copies) writeFileSync(String(path), bytes ?? '')
    },
  },
  {
    name: 'a database with a page of rubbish',
    says: /is damaged.*It was left as it is/s,
    spoil: (directory) => {
      const file = join(directory, 'holdfast.db')
      const bytes = readFileSync(file)
      bytes.fill(0x5a, 4096, 8192)
      writeFileSync(file, bytes)
    },
  },
  {
    name: 'a database that ends in the middle',
    says: /is damaged.*It was left as it is/s,
    spoil: (directory) => {
      const file = join(directory, 'holdfast.db')
      writeFileSync(file, readFileSync(file).subarray(0, 4096 + 100))
    },
  },
]

for (const [index, { name, says, spoil }] of unreadable.entries()) {
  test(`${name} is refused and left byte for byte`, async () => {
    const own = join(folder, `case-${index}`)
    const data = join(own, 'data')
    mkdirSync(data, { recursive: true, mode: 0o700 })
    await goodDatabase(data)
    spoil(data)
    const before = filesOf(data)
    const server = startPlain(own, { HOLDFAST_HTTP__PORT: '0', HOLDFAST_SIP__PORT: '0' })
    assert.equal(await server.ended, 2)
    assert.match(server.stderr(), says)
    assert.ok(server.stderr().includes(join(data, 'holdfast.db')), 'names the file')
    assert.doesNotMatch(server.stderr(), /\n\s+at /, 'a message, not a stack')
    assert.deepEqual(filesOf(data), before)
  })
}

/** What a server that ran and was stopped leaves; made once. */
async function goodDatabase(directory: string): Promise<void> {
  const source = join(folder, 'good')
  const file = join('data', 'holdfast.db')
  if (!existsSync(join(source, file))) {
    mkdirSync(source)
    const server = startPlain(source, { HOLDFAST_HTTP__PORT: '0', HOLDFAST_SIP__PORT: '0' })
    await server.prints(/holdfast ready/)
    server.signal('SIGTERM')
    assert.equal(await server.ended, 0)
  }
  copyFileSync(join(source, file), join(directory, 'holdfast.db'))
}

/** Names and bytes of what holds data: not the lock, not the index beside the log, not a log that reading made, empty. */
function filesOf(directory: string): readonly (readonly [string, string])[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('holdfast.db') && !name.endsWith('-shm'))
    .toSorted()
    .map((name) => [name, readFileSync(join(directory, name)).toString('base64')] as const)
    .filter(([, bytes]) => bytes !== '')
}
