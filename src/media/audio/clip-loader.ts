// What a playback names (a URL, or bytes in the command) to a clip. Hold music is asked for by thousands of calls at
// once, so a URL is fetched once however many ask, and finished clips stay until newer ones need their memory.
// Failures are never kept: the next playback tries again.

import { createHash } from 'node:crypto'
import type { Result } from '../../base/result.ts'
import type { HttpClient, HttpOutcome } from '../../ports/http-client.ts'
import type { AudioReference, SpeechReference } from '../../ports/media-engine.ts'
import { beepClip } from './beep.ts'
import { clipBytes } from './clip.ts'
import type { AudioClip } from './clip.ts'
import { ClipPieces } from './clip-pieces.ts'
import type { Ingest } from './ingest.ts'

export type LoadedClip =
  | { readonly ok: true; readonly clip: AudioClip }
  | {
      readonly ok: false
      /** As `playback-ended` reports it. */
      readonly status: 'failed' | 'file_not_found'
      readonly detail: string
    }

/** An uploaded file, without its bytes. */
export interface MediaContent {
  /** Another one for every content that the name ever had. */
  readonly version: string
  /** Undefined: gone meanwhile. */
  read(): Promise<Uint8Array | undefined>
}

export interface ClipLoaderOptions {
  readonly http: HttpClient
  readonly ingest: Ingest
  /** The uploaded file of that name; undefined when there is none. */
  readonly media: (name: string) => MediaContent | undefined
  /** Says a text, or a sentence why not. */
  readonly speak: (
    speech: SpeechReference,
    onPiece: (clip: AudioClip) => void,
  ) => Promise<Result<AudioClip, string>>
  /** Memory for finished clips; the longest unused go first. 60 s of audio are 1.4 MB. */
  readonly cacheBytesMax: number
  /** Largest file that is fetched. */
  readonly fileBytesMax: number
  readonly fetchTimeoutMs: number
}

export interface ClipLoader {
  /** Never rejects. `cache: false` fetches anew and replaces what was kept. */
  load(audio: AudioReference): Promise<LoadedClip>
  /** As `load`, but words can be heard from their first sentence on: `rest` has what follows, from its piece 1. */
  begin(audio: AudioReference): Promise<BegunClip>
  /** Memory of the clips that are kept. */
  bytes(): number
}

export type BegunClip =
  | { readonly ok: true; readonly clip: AudioClip; readonly rest: ClipPieces | undefined }
  | Extract<LoadedClip, { readonly ok: false }>

/** Makes a loader with an empty cache. */
export function createClipLoader(options: ClipLoaderOptions): ClipLoader {
  const cache = new ClipCache(options.cacheBytesMax)
  const underWay = new Map<string, Promise<LoadedClip>>()
  /** Of the words that are under way. */
  const pieces = new Map<string, ClipPieces>()

  const loadOnce = (key: string, make: () => Promise<LoadedClip>): Promise<LoadedClip> => {
    const running = underWay.get(key)
    if (running !== undefined) return running
    const started = make()
      .catch((error: unknown) => failed(error instanceof Error ? error.message : String(error)))
      .then((loaded) => {
        if (loaded.ok) cache.put(key, loaded.clip)
        if (underWay.get(key) === started) underWay.delete(key)
        return loaded
      })
    underWay.set(key, started)
    return started
  }

  const say = (speech: SpeechReference): Promise<LoadedClip> => {
    const key = speechKey(speech)
    const kept = cache.get(key)
    if (kept !== undefined) return Promise.resolve({ ok: true, clip: kept })
    return loadOnce(key, async () => {
      const making = new ClipPieces()
      pieces.set(key, making)
      try {
        const said = await options.speak(speech, (clip) => making.add(clip))
        making.end(said.ok ? undefined : said.why)
        return toLoaded(said)
      } finally {
        making.end('failed')
        pieces.delete(key)
      }
    })
  }

  const load = (audio: AudioReference): Promise<LoadedClip> => {
    if (audio.kind === 'inline') {
      // Bytes of a command are not stored; what is left of them after a restart is this.
      if (audio.bytes.length === 0) return Promise.resolve(notKept)
      const key = `sha256:${createHash('sha256').update(audio.bytes).digest('hex')}`
      const kept = cache.get(key)
      if (kept !== undefined) return Promise.resolve({ ok: true, clip: kept })
      return loadOnce(key, async () => toLoaded(await options.ingest(audio.bytes)))
    }
    if (audio.kind === 'media') {
      const content = options.media(audio.name)
      if (content === undefined) return Promise.resolve(noMedia)
      const key = `media:${content.version}`
      const kept = cache.get(key)
      if (kept !== undefined) return Promise.resolve({ ok: true, clip: kept })
      return loadOnce(key, async () => {
        // Replaced between its look-up and now: what it was replaced by.
        const bytes = (await content.read()) ?? (await options.media(audio.name)?.read())
        return bytes === undefined ? noMedia : toLoaded(await options.ingest(bytes))
      })
    }
    if (audio.kind === 'beep') return Promise.resolve({ ok: true, clip: beepClip(audio.which) })
    if (audio.kind === 'speech') {
      return say(audio)
    }
    const kept = audio.cache ? cache.get(audio.url) : undefined
    if (kept !== undefined) return Promise.resolve({ ok: true, clip: kept })
    // Who wants it fresh must not be given a fetch that began before the question.
    if (!audio.cache) underWay.delete(audio.url)
    return loadOnce(audio.url, () => fetchClip(options, audio.url))
  }

  return {
    load,
    async begin(audio) {
      const whole = load(audio)
      const rest = audio.kind === 'speech' ? pieces.get(speechKey(audio)) : undefined
      if (rest === undefined) {
        const loaded = await whole
        return loaded.ok ? { ...loaded, rest: undefined } : loaded
      }
      const first = await rest.piece(0)
      return first.clip === undefined
        ? failed(first.why ?? 'no words')
        : { ok: true, clip: first.clip, rest }
    },
    bytes: () => cache.bytes,
  }
}

/** A file of the web, undecoded. */
export type FetchedFile =
  { readonly ok: true; readonly bytes: Uint8Array } | Extract<LoadedClip, { readonly ok: false }>

/** Asks for an audio file under the rules of egress; never rejects. */
export async function fetchAudioFile(
  options: Pick<ClipLoaderOptions, 'http' | 'fetchTimeoutMs' | 'fileBytesMax'>,
  url: string,
): Promise<FetchedFile> {
  const outcome = await options.http.request({
    method: 'GET',
    url,
    headers: { accept: 'audio/mpeg, audio/wav, audio/*;q=0.9, */*;q=0.1' },
    timeoutMs: options.fetchTimeoutMs,
    bodyBytesMax: options.fileBytesMax,
  })
  return fileOf(outcome, options.fileBytesMax)
}

async function fetchClip(options: ClipLoaderOptions, url: string): Promise<LoadedClip> {
  const fetched = await fetchAudioFile(options, url)
  return fetched.ok ? toLoaded(await options.ingest(fetched.bytes)) : fetched
}

function fileOf(outcome: HttpOutcome, bytesMax: number): FetchedFile {
  if (outcome.kind === 'failed') {
    if (outcome.why === 'too-large') return failed(`file is larger than ${bytesMax} bytes`)
    return failed(`${outcome.why}: ${outcome.detail}`)
  }
  if (outcome.status === 404 || outcome.status === 410) {
    return { ok: false, status: 'file_not_found', detail: `HTTP ${outcome.status}` }
  }
  if (outcome.status < 200 || outcome.status > 299) return failed(`HTTP ${outcome.status}`)
  return { ok: true, bytes: outcome.body }
}

/** The same words in the same voice are the same clip. */
function speechKey({ text, ssml, voice, language }: SpeechReference): string {
  const said = JSON.stringify([voice, language ?? '', ssml, text])
  return `speech:${createHash('sha256').update(said).digest('hex')}`
}

function toLoaded(made: Result<AudioClip, string>): LoadedClip {
  return made.ok ? { ok: true, clip: made.value } : failed(made.why)
}

const notKept: LoadedClip = {
  ok: false,
  status: 'failed',
  detail: 'the audio was not kept over a restart of the server',
}

const noMedia: LoadedClip = {
  ok: false,
  status: 'file_not_found',
  detail: 'no media of that name',
}

function failed(detail: string): Extract<LoadedClip, { readonly ok: false }> {
  return { ok: false, status: 'failed', detail }
}

/** Least recently used, by bytes. A Map keeps insertion order: the first key is the oldest. */
class ClipCache {
  readonly #clips = new Map<string, AudioClip>()
  readonly #bytesMax: number
  bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get(key: string): AudioClip | undefined {
    const clip = this.#clips.get(key)
    if (clip === undefined) return undefined
    this.#clips.delete(key)
    this.#clips.set(key, clip)
    return clip
  }

  put(key: string, clip: AudioClip): void {
    this.#drop(key)
    if (clipBytes(clip) > this.#bytesMax) return
    this.#clips.set(key, clip)
    this.bytes += clipBytes(clip)
    for (const oldest of this.#clips.keys()) {
      if (this.bytes <= this.#bytesMax) return
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    const clip = this.#clips.get(key)
    if (clip === undefined) return
    this.#clips.delete(key)
    this.bytes -= clipBytes(clip)
  }
}
