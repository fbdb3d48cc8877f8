import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createMediaLibrary } from './media-files.ts'
import { mediaTtlMs } from '../../ports/media-files.ts'
import type { StateChange } from '../../ports/store.ts'
import { SeededRandom, VirtualTime } from '../../../test/support/virtual.ts'

const wav = (mark: number): Uint8Array =>
  Buffer.concat([Buffer.from('RIFF    WAVE'), Buffer.of(mark)])

/** A disk and a store that outlive the library. */
class World {
  readonly time = new VirtualTime()
  readonly disk = new Map<string, Uint8Array>()
  readonly rows = new Map<string, unknown>()
  readonly warnings: unknown[] = []
  diskFails = false
  readonly #random = new SeededRandom(3)

  library(filesMax = 10) {
    return createMediaLibrary({
      blobs: {
        write: async (name, bytes) => {
          if (this.diskFails) throw new Error('disk full')
          this.disk.set(name, bytes)
        },
        read: async (name) => this.disk.get(name),
        remove: async (name) => {
          if (this.diskFails) throw new Error('read-only')
          this.disk.delete(name)
        },
        list: async () => [...this.disk.keys()],
      },
      store: {
        commit: async ({ changes }) => {
          for (const change of changes) this.#apply(change)
        },
      },
      clock: this.time,
      timers: this.time,
      random: this.#random,
      log: { debug() {}, info() {}, warn: (fields) => this.warnings.push(fields), error() {} },
      filesMax,
      download: async () => ({ ok: false, status: 'failed', detail: 'no web here' }),
    })
  }

  /** A library of the next process. */
  async restarted() {
    const library = this.library()
    await library.start(
      [...this.rows].map(([id, row]) => ({ table: 'media-file', id, row }) as const),
    )
    return library
  }

  #apply(change: StateChange): void {
    if (change.kind === 'put') this.rows.set(change.id, JSON.parse(JSON.stringify(change.row)))
    else this.rows.delete(change.id)
  }
}

test('a file outlives the process, with its time; a replaced content is another version', async () => {
  const world = new World()
  const first = world.library()
  const made = await first.put('moh', wav(1), undefined)
  assert.ok(made.ok)
  assert.equal(made.file.contentType, 'audio/wav')
  assert.equal(made.file.expiresAtMs, world.time.wallMs() + mediaTtlMs)
  const version = first.content('moh')?.version
  world.time.advance(1000)
  const again = await first.put('moh', wav(2), undefined)
  assert.ok(again.ok)
  assert.equal(again.file.createdAtMs, made.file.createdAtMs)
  assert.equal(again.file.expiresAtMs, made.file.expiresAtMs, 'the time that was left')
  assert.notEqual(first.content('moh')?.version, version)
  assert.equal(world.disk.size, 1, 'the former content is gone')
  first.stop()

  const second = await world.restarted()
  assert.deepEqual(
    second.list(),
    [again.file].map((file) => ({ ...file, blob: [...world.disk.keys()][0] })),
  )
  assert.deepEqual(await second.read('moh'), wav(2))
  second.stop()
  assert.equal(world.time.pending, 0)
})

test('each file goes at its time, by one timer; what expired while nobody was here goes at the start', async () => {
  const world = new World()
  const library = world.library()
  await library.put('late', wav(1), 7_200_500)
  await library.put('soon', wav(2), 5000)
  assert.equal(world.time.pending, 1)
  await world.time.advanceAsync(4999)
  assert.notEqual(library.get('soon'), undefined)
  await world.time.advanceAsync(1)
  assert.equal(library.get('soon'), undefined)
  assert.equal(world.rows.size, 1)
  assert.equal(world.disk.size, 1)
  await library.extend('late', 10_000_000)
  await world.time.advanceAsync(9_999_999)
  assert.notEqual(library.get('late'), undefined, 'another lifetime')
  library.stop()
  await world.time.advanceAsync(1)
  const next = await world.restarted()
  assert.deepEqual(next.list(), [])
  assert.equal(world.disk.size, 0)
  assert.equal(world.time.pending, 0)
})

test('a crash between file and row leaves nothing for ever', async () => {
  const world = new World()
  world.disk.set('cut-off.new', wav(1))
  world.disk.set('never-named', wav(2))
  const library = await world.restarted()
  assert.equal(world.disk.size, 0)
  library.stop()
})

test('what cannot be played, or is too many, is refused; a disk that refuses keeps the former content', async () => {
  const world = new World()
  const library = world.library(1)
  assert.deepEqual(await library.put('a', Buffer.from('<html>'), undefined), {
    ok: false,
    why: 'unplayable',
  })
  assert.ok((await library.put('a', wav(1), undefined)).ok)
  assert.deepEqual(await library.put('b', wav(1), undefined), { ok: false, why: 'full' })
  world.diskFails = true
  await assert.rejects(library.put('a', wav(2), undefined), /disk full/)
  assert.deepEqual(await library.read('a'), wav(1))
  assert.equal(await library.remove('a'), true, 'the name is free although the bytes stay')
  assert.equal(await library.remove('a'), false)
  assert.equal(world.warnings.length, 1)
  library.stop()
})
