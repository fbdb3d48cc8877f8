// The registry by itself: what counts at once, what a next process finds, what names and numbers may collide.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs, type ApplicationId } from '../base/ids.ts'
import { digestHashes } from '../config/credentials.ts'
import { defaultApplication } from '../config/shape.ts'
import type { StoredRow } from '../ports/durable.ts'
import type { ApplicationSettings, ConnectionSettings } from '../ports/setup.ts'
import type { CommitBatch, StoreHealth } from '../ports/store.ts'
import { createSetup } from './setup.ts'

const settings: ApplicationSettings = {
  name: 'support',
  active: true,
  webhookEventUrl: 'http://127.0.0.1/hook',
  webhookEventFailoverUrl: '',
  webhookTimeoutSecs: 0,
  dtmfType: 'RFC 2833',
  firstCommandTimeout: false,
  firstCommandTimeoutSecs: 30,
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  tags: [],
  anchorsiteOverride: 'Latency',
  redactDtmfDebugLogging: false,
  receiveSettings: 'from_anyone',
  outboundVoiceProfileId: '',
}
const desk: ConnectionSettings = {
  name: 'desk',
  userName: 'agent1',
  active: true,
  parksCalls: false,
  webhookEventUrl: '',
  webhookEventFailoverUrl: '',
  webhookTimeoutSecs: 0,
  dtmfType: 'RFC 2833',
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  sipUriCallingPreference: 'disabled',
  anchorsiteOverride: 'Latency',
  outboundVoiceProfileId: '',
  tags: [],
}
const fromTrunk = { kind: 'trunk', name: 'carrier' } as const
const fromUser = (name: string) => ({ kind: 'user', name }) as const

/** A registry over a disk that remembers rows; `again` is the next process, `onDisk` holds commits back. */
function scene(realm = 'pbx.test', disk = new Map<string, StoredRow>()) {
  const dropped: string[] = []
  const warned: string[] = []
  const life = { nowMs: 1000, ok: true, count: 0, commits: 0, written: 0, last: Promise.resolve() }
  const quiet = () => undefined
  const running = createSetup({
    applications: [defaultApplication('http://127.0.0.1/file')],
    sipUsers: [{ username: 'filed' }],
    realm,
    store: {
      commit: (batch: CommitBatch) => {
        life.commits++
        for (const { table, id, ...rest } of batch.changes) {
          const row: unknown = JSON.parse(JSON.stringify('row' in rest ? rest.row : null))
          if (rest.kind === 'delete') disk.delete(`${table} ${id}`)
          else disk.set(`${table} ${id}`, { table, id, row })
        }
        return life.last
      },
      // As a store whose disk has not come to any of it yet.
      health: (): StoreHealth => ({ ok: life.ok, backlog: life.commits - life.written, why: '' }),
    },
    clock: { wallMs: () => life.nowMs, wallUs: () => life.nowMs * 1000, monotonicMs: () => 0 },
    random: {
      bytes: (length) => new Uint8Array(length).fill(++life.count),
      uuid: () => `00000000-0000-4000-8000-${String(++life.count).padStart(12, '0')}`,
      below: (limit) => Math.trunc(((++life.count * 0.618_034) % 1) * limit),
      token: (length) => 'x'.repeat(length),
    },
    log: { debug: quiet, info: quiet, error: quiet, warn: (_f, message) => warned.push(message) },
    dropUser: (name) => dropped.push(name),
  })
  running.restore([...disk.values()])
  return { ...running, dropped, warned, life, disk, again: (domain = realm) => scene(domain, disk) }
}

function must<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T {
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

test('a change counts before it is on disk, and is there in the next process', async () => {
  const { again, book, life, setup } = scene()
  const { promise, resolve } = Promise.withResolvers<void>()
  life.last = promise
  const creating = setup.applications.create(settings)
  const [made] = setup.applications.all().slice(-1)
  assert.equal(made?.name, 'support')
  assert.equal(book.get(made.id)?.webhookEventUrl, 'http://127.0.0.1/hook')
  let isAnswered = false
  void creating.then(() => (isAnswered = true))
  await Promise.resolve()
  assert.equal(isAnswered, false, 'answered before it was on disk')
  resolve()
  must(await creating)
  const number = must(
    await setup.numbers.create('+15550100', {
      applicationId: made.id,
      tags: [],
      customerReference: '',
    }),
  )
  const next = again()
  assert.equal(next.book.answering('+15550100', fromTrunk)?.name, 'support')
  assert.equal(next.setup.numbers.get('+15550100')?.id, number.id)
  assert.equal(next.book.answering('+15550199', fromTrunk)?.name, 'default')
  assert.equal(next.setup.applications.get(made.id)?.inboundChannelLimit, undefined)
})

test('a removed application begins nothing new, keeps its snapshot while it has calls, then goes', async () => {
  const { again, book, disk, setup, sweep } = scene()
  const { id } = must(await setup.applications.create(settings))
  const numbered = { applicationId: id, tags: [], customerReference: '' }
  must(await setup.numbers.create('+15550100', numbered))
  const removed = must(await setup.applications.remove(id))
  assert.equal(removed.active, true)
  assert.equal(setup.applications.get(id), undefined)
  assert.equal(setup.numbers.get('+15550100')?.applicationId, null)
  assert.equal(book.answering('+15550100', fromTrunk)?.name, 'default')
  const snapshot = again().book.get(id)
  assert.deepEqual([snapshot?.active, snapshot?.webhookEventUrl], [false, settings.webhookEventUrl])
  assert.equal((await setup.applications.update(id, { name: 'x' })).ok, false)
  sweep((one) => one === id)
  assert.notEqual(book.get(id), undefined)
  sweep(() => false)
  assert.equal(book.get(id), undefined)
  assert.equal(disk.has(`application ${id}`), false)
})

test('a crash between an application and its numbers leaves no number at nobody', async () => {
  const { again, disk, setup } = scene()
  const { id } = must(await setup.applications.create(settings))
  must(
    await setup.numbers.create('+15550100', { applicationId: id, tags: [], customerReference: '' }),
  )
  const before = [...disk.entries()].filter(([key]) => key.startsWith('number'))
  must(await setup.applications.remove(id))
  for (const [key, row] of before) disk.set(key, row)
  const next = again()
  assert.equal(next.setup.numbers.get('+15550100')?.applicationId, null)
  assert.equal(next.book.answering('+15550100', fromTrunk)?.name, 'default')
})

test('however much belongs to what is removed: all of it goes, also when the disk is slow', async () => {
  const { book, life, setup, users } = scene()
  const { id } = must(await setup.applications.create(settings))
  const desks = must(await setup.connections.create(desk, 'first-secret'))
  const numbers = Array.from({ length: 300 }, (_, index) => `+1555020${index}`)
  const names: string[] = []
  for (const number of numbers) {
    const owned = { applicationId: id, tags: [], customerReference: '' }
    must(await setup.numbers.create(number, owned))
    const phone = { connectionId: desks.id, name: number, tag: '', expiresAtMs: undefined }
    names.push(must(await setup.credentials.create(phone)).userName)
    life.written = life.commits
  }
  must(await setup.applications.remove(id))
  must(await setup.connections.remove(desks.id))
  assert.equal(life.commits - life.written, 2, 'one commit for each of the two')
  assert.deepEqual(new Set(setup.numbers.all().map((one) => one.applicationId)), new Set([null]))
  const answering = numbers.map((number) => book.answering(number, fromTrunk)?.name)
  assert.deepEqual(new Set(answering), new Set(['default']))
  assert.deepEqual(setup.credentials.all(), [])
  assert.ok(names.every((name) => users.secretOf(name) === undefined))
})

test('a changed password voids the registrations of before it, not those of after it', async () => {
  const { dropped, life, setup } = scene()
  const { id } = must(await setup.connections.create(desk, 'first-secret'))
  const { promise, resolve } = Promise.withResolvers<void>()
  life.last = promise
  const changing = setup.connections.update(id, { password: 'second-secret' })
  assert.deepEqual(dropped, ['agent1'])
  resolve()
  must(await changing)
  assert.deepEqual(dropped, ['agent1'])
})

test('what the file defines cannot be changed, and nothing may take its names', async () => {
  const { setup } = scene()
  const file = brandAs<ApplicationId>('1000000001')
  assert.deepEqual(await setup.applications.update(file, { name: 'x' }), {
    ok: false,
    why: 'from-file',
  })
  assert.deepEqual(await setup.applications.remove(file), { ok: false, why: 'from-file' })
  const filed = await setup.connections.create({ ...desk, userName: 'filed' }, 'secret12')
  assert.deepEqual(filed, { ok: false, why: 'taken' })
  must(await setup.connections.create(desk, 'secret12'))
  const twice = await setup.connections.create(desk, 'secret12')
  assert.deepEqual(twice, { ok: false, why: 'taken' })
  const nowhere = brandAs<ApplicationId>('7')
  const homeless = { applicationId: nowhere, tags: [], customerReference: '' }
  const refused = await setup.numbers.create('+15550100', homeless)
  assert.deepEqual(refused, { ok: false, why: 'application-unknown' })
})

test('SIP users log in at once; passwords are hashes on disk; what no longer holds is dropped', async () => {
  const { again, disk, dropped, setup, users } = scene()
  const connection = must(await setup.connections.create(desk, 'first-secret'))
  const { realm: _realm, ...rest } = { realm: '', ...users.secretOf('agent1') }
  const hashes = digestHashes('agent1', 'pbx.test', 'first-secret')
  assert.deepEqual(rest, hashes)
  assert.doesNotMatch(JSON.stringify([...disk.values()]), /first-secret/)
  must(await setup.connections.update(connection.id, { password: 'second-secret' }))
  assert.deepEqual(dropped, ['agent1'])
  const second = digestHashes('agent1', 'pbx.test', 'second-secret')
  assert.equal(again().users.secretOf('agent1')?.ha1Md5, second.ha1Md5)
  must(await setup.connections.update(connection.id, { active: false }))
  assert.equal(users.secretOf('agent1'), undefined)
  assert.deepEqual(dropped, ['agent1', 'agent1'])
})

test('a credential lives as long as its time and its connection', async () => {
  const { again, dropped, life, setup, users } = scene()
  const connection = must(await setup.connections.create(desk, 'first-secret'))
  const made = must(
    await setup.credentials.create({
      connectionId: connection.id,
      name: 'second phone',
      tag: '',
      expiresAtMs: 2000,
    }),
  )
  assert.match(made.userName, /^gencred[A-Za-z2-9]{25}$/)
  const { ha1Sha256 } = digestHashes(made.userName, 'pbx.test', made.password)
  assert.equal(users.secretOf(made.userName)?.ha1Sha256, ha1Sha256)
  life.nowMs = 2000
  assert.equal(users.secretOf(made.userName), undefined)
  must(await setup.credentials.update(made.id, { expiresAtMs: 9000 }))
  assert.notEqual(users.secretOf(made.userName), undefined)
  must(await setup.connections.remove(connection.id))
  assert.deepEqual(dropped, ['agent1', made.userName])
  assert.equal(setup.credentials.get(made.id), undefined)
  assert.deepEqual(again().setup.credentials.all(), [])
  // The names are free again.
  must(await setup.connections.create(desk, 'third-secret'))
})

test('a connection that parks answers for the calls of its users, and only for theirs', async () => {
  const { book, setup } = scene()
  const parking = { ...desk, parksCalls: true, webhookEventUrl: 'http://127.0.0.1/parked' }
  const { id } = must(await setup.connections.create(parking, 'first-secret'))
  assert.equal(book.answering('+15550100', fromUser('agent1'))?.id, id)
  assert.equal(book.answering('+15550100', fromUser('filed'))?.name, 'default')
  assert.equal(book.answering('+15550100', fromTrunk)?.name, 'default')
  must(await setup.connections.update(id, { webhookEventUrl: '' }))
  assert.equal(book.answering('+15550100', fromUser('agent1'))?.name, 'default')
})

test('another sip.domain makes the stored hashes worthless, and the start says so', async () => {
  const { again, setup } = scene()
  must(await setup.connections.create(desk, 'first-secret'))
  const next = again('other.test')
  assert.equal(next.users.secretOf('agent1'), undefined)
  assert.equal(next.warned.length, 1)
})

test('a disk that takes nothing: refused, and nothing has changed', async () => {
  const { life, setup } = scene()
  life.ok = false
  const before = setup.applications.all().length
  assert.deepEqual(await setup.applications.create(settings), { ok: false, why: 'unavailable' })
  assert.equal(setup.applications.all().length, before)
})
