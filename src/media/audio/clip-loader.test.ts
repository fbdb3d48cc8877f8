import { test } from 'node:test'
import assert from 'node:assert/strict'
import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { HttpOutcome, HttpRequest } from '../../ports/http-client.ts'
import type { AudioReference } from '../../ports/media-engine.ts'
import { createClipLoader } from './clip-loader.ts'
import { clipFromSamples } from './clip.ts'
import type { AudioClip } from './clip.ts'

/** A loader over a web that answers when told to, and a decoder that makes one frame per byte. */
/** A text that is being said. */
interface Line {
  readonly onPiece: (clip: AudioClip) => void
  readonly done: (outcome: Result<AudioClip, string>) => void
}

function world(cacheBytesMax = 1_000_000) {
  const requests: HttpRequest[] = []
  const answers: ((outcome: HttpOutcome) => void)[] = []
  const files = new Map<string, { version: string; bytes: Uint8Array | undefined }>()
  const said: string[] = []
  const lines: Line[] = []
  let decoded = 0
  const loader = createClipLoader({
    http: {
      request: (request) => {
        requests.push(request)
        return new Promise((resolve) => answers.push(resolve))
      },
    },
    ingest: (bytes) => {
      decoded++
      if (bytes[0] === 0) return Promise.resolve(refused('file is neither WAV nor MP3'))
      if (bytes[0] === 1) return Promise.reject(new Error('decoder burst'))
      return Promise.resolve(ok(clipFromSamples(new Int16Array(160 * bytes.length))))
    },
    media: (name) => {
      const file = files.get(name)
      return file && { version: file.version, read: () => Promise.resolve(file.bytes) }
    },
    speak: ({ text }, onPiece) => {
      said.push(text)
      if (text === 'long') return new Promise((done) => lines.push({ onPiece, done }))
      return Promise.resolve(
        text === 'silence' ? refused('no words') : ok(clipFromSamples(new Int16Array(160))),
      )
    },
    cacheBytesMax,
    fileBytesMax: 5000,
    fetchTimeoutMs: 7000,
  })
  const answer = (status: number, body: number[] = [9]) => {
    const headers: [] = []
    answers.shift()!({ kind: 'answer', status, headers, body: Uint8Array.from(body) })
  }
  return { loader, files, said, lines, requests, answers, answer, decodedCount: () => decoded }
}

const at = (url: string, cache = true): AudioReference => ({ kind: 'url', url, cache })
const inline = (...bytes: number[]): AudioReference => ({
  kind: 'inline',
  bytes: Uint8Array.from(bytes),
})

test('many askers, one fetch, and the clip is kept', async () => {
  const { loader, requests, answer, decodedCount } = world()
  const asked = [loader.load(at('http://a/1')), loader.load(at('http://a/1'))]
  assert.equal(requests.length, 1)
  assert.equal(requests[0]!.method, 'GET')
  assert.equal(requests[0]!.timeoutMs, 7000)
  assert.equal(requests[0]!.bodyBytesMax, 5000)
  answer(200)
  const [one, two] = await Promise.all(asked)
  assert.ok(one!.ok && two!.ok && one!.clip === two!.clip)
  const again = await loader.load(at('http://a/1'))
  assert.ok(again.ok && again.clip === one!.clip)
  assert.equal(requests.length, 1)
  assert.equal(decodedCount(), 1)
  assert.equal(loader.bytes(), 480)
})

test('cache false fetches anew, even while another fetch runs, and replaces what was kept', async () => {
  const { loader, requests, answer } = world()
  const old = loader.load(at('http://a/1'))
  const fresh = loader.load(at('http://a/1', false))
  assert.equal(requests.length, 2)
  answer(200, [9])
  answer(200, [9, 9])
  const both = await Promise.all([old, fresh])
  assert.ok(both[0].ok && both[1].ok)
  assert.equal(both[1].clip.samples, 320)
  const kept = await loader.load(at('http://a/1'))
  assert.ok(kept.ok && kept.clip === both[1].clip)
})

test('absent files, refusals of the web and of the decoder', async () => {
  const { loader, answers, answer } = world()
  const expectations: [() => void, 'failed' | 'file_not_found', RegExp][] = [
    [() => answer(404), 'file_not_found', /^HTTP 404$/],
    [() => answer(410), 'file_not_found', /^HTTP 410$/],
    [() => answer(503), 'failed', /^HTTP 503$/],
    [() => answer(302), 'failed', /^HTTP 302$/],
    [() => answer(200, [0]), 'failed', /neither WAV nor MP3/],
    [() => answer(200, [1]), 'failed', /decoder burst/],
    [
      () => answers.shift()!({ kind: 'failed', why: 'forbidden-address', detail: '10.0.0.1' }),
      'failed',
      /forbidden-address: 10\.0\.0\.1/,
    ],
    [
      () => answers.shift()!({ kind: 'failed', why: 'too-large', detail: '' }),
      'failed',
      /larger than 5000 bytes/,
    ],
  ]
  for (const [respond, status, detail] of expectations) {
    const asked = loader.load(at('http://a/same'))
    respond()
    const loaded = await asked
    assert.ok(!loaded.ok)
    assert.equal(loaded.status, status)
    assert.match(loaded.detail, detail)
  }
  assert.equal(loader.bytes(), 0)
})

test('inline audio is known again by its bytes', async () => {
  const { loader, decodedCount } = world()
  const [one, two] = await Promise.all([loader.load(inline(7, 7)), loader.load(inline(7, 7))])
  const three = await loader.load(inline(7, 7))
  assert.ok(one!.ok && two!.ok && three.ok && one!.clip === three.clip)
  await loader.load(inline(7, 8))
  assert.equal(decodedCount(), 2)
})

test('memory is bounded: the longest unused goes first, a giant is played but not kept', async () => {
  const { loader, decodedCount } = world(3 * 480)
  for (const name of [11, 12, 13]) await loader.load(inline(name))
  await loader.load(inline(11))
  await loader.load(inline(14))
  assert.equal(loader.bytes(), 1440)
  await loader.load(inline(11))
  assert.equal(decodedCount(), 4)
  await loader.load(inline(12))
  assert.equal(decodedCount(), 5)
  const giant = await loader.load(inline(9, 9, 9, 9))
  assert.ok(giant.ok && giant.clip.samples === 640)
  assert.equal(loader.bytes(), 1440)
})

test('an uploaded file is decoded once for every content that its name had', async () => {
  const { loader, files, decodedCount } = world()
  const named: AudioReference = { kind: 'media', name: 'moh' }
  const none = await loader.load(named)
  assert.ok(!none.ok && none.status === 'file_not_found')

  files.set('moh', { version: '1', bytes: Uint8Array.from([9, 9]) })
  const first = await loader.load(named)
  assert.ok(first.ok && first.clip.samples === 320)
  const again = await loader.load(named)
  assert.ok(again.ok && again.clip === first.clip)
  assert.equal(decodedCount(), 1)

  files.set('moh', { version: '2', bytes: Uint8Array.from([9, 9, 9]) })
  const other = await loader.load(named)
  assert.ok(other.ok && other.clip.samples === 480)

  files.set('moh', { version: '3', bytes: undefined })
  const gone = await loader.load(named)
  assert.ok(!gone.ok && gone.status === 'file_not_found')
})

test('words are said once per voice however many hear them; what failed is tried again', async () => {
  const { loader, said } = world()
  const words = (text: string, voice = 'female'): AudioReference => {
    return { kind: 'speech', text, ssml: false, voice, language: undefined }
  }
  const [first, second] = await Promise.all([loader.load(words('hi')), loader.load(words('hi'))])
  assert.ok(first.ok && second.ok && first.clip === second.clip)
  const kept = await loader.load(words('hi'))
  assert.ok(kept.ok && kept.clip === first.clip)
  const other = await loader.load(words('hi', 'male'))
  assert.ok(other.ok && other.clip !== first.clip)
  assert.deepEqual(said, ['hi', 'hi'])

  for (const _ of [1, 2]) {
    assert.deepEqual(await loader.load(words('silence')), {
      ok: false,
      status: 'failed',
      detail: 'no words',
    })
  }
  assert.equal(said.length, 4)
})

test('words are heard from their first piece on by all who ask meanwhile; kept is the whole', async () => {
  const { loader, lines, said } = world()
  const long: AudioReference = {
    ...({ kind: 'speech', text: 'long', ssml: false } as const),
    ...{ voice: 'female', language: undefined },
  }
  const [first, whole] = [loader.begin(long), loader.load(long)]
  const [one, two] = [160, 320].map((count) => clipFromSamples(new Int16Array(count)))
  lines[0]!.onPiece(one!)
  const second = await loader.begin(long)
  for (const begun of [await first, second]) assert.ok(begun.ok && begun.clip === one)
  assert.ok(second.ok && second.rest !== undefined)
  lines[0]!.onPiece(two!)
  assert.equal((await second.rest.piece(1)).clip, two)
  const all = clipFromSamples(new Int16Array(480))
  lines[0]!.done(ok(all))
  assert.deepEqual(await second.rest.piece(2), { clip: undefined, why: undefined })
  assert.ok((await whole).ok)
  const kept = await loader.begin(long)
  assert.ok(kept.ok && kept.clip === all && kept.rest === undefined)
  assert.equal(said.length, 1)
})

test('words that fail before their first piece fail; afterwards the rest does', async () => {
  const { loader, lines } = world()
  const long: AudioReference = {
    ...({ kind: 'speech', text: 'long', ssml: false } as const),
    ...{ voice: 'female', language: undefined },
  }
  const none = loader.begin(long)
  lines[0]!.done(refused('no voice'))
  assert.deepEqual(await none, { ok: false, status: 'failed', detail: 'no voice' })
  const begun = loader.begin(long)
  lines[1]!.onPiece(clipFromSamples(new Int16Array(160)))
  const some = await begun
  lines[1]!.done(refused('no voice'))
  assert.ok(some.ok)
  assert.deepEqual(await some.rest?.piece(1), { clip: undefined, why: 'no voice' })
})
