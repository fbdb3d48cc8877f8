// One stream: a call's sound to a WebSocket, frame by frame, and what comes back. Everything it holds is bounded: a far end
// that reads too slowly is not sent frames (they are counted, and missing in `chunk`), one that answers no ping or takes
// nothing at all is dropped, one that talks nonsense is told so now and then (C203).

import type { Clock } from '../../ports/clock.ts'
import type { StreamCodecName } from '../../ports/streaming.ts'
import type { WebSocketLine, WebSockets } from '../../ports/web-socket.ts'
import type { AudioClip } from '../audio/clip.ts'
import { FrameRingReader } from '../audio/frame-ring.ts'
import { decodeUlaw } from '../audio/g711.ts'
import { PlayRingWriter } from '../audio/play-ring.ts'
import { readMessage, StreamWriter, streamErrors } from './messages.ts'
import { Playout } from './playout.ts'
import type { FromStreamingThread, ToStreamingThread } from './protocol.ts'
import { createBackDecoder, createFrameEncoder } from './sound.ts'
import type { BackDecoder, EncodeFrame } from './sound.ts'

const OPEN_MS = 5_000
const PING_EVERY_MS = 10_000
/** Nothing heard for so long: the far end is gone. */
const SILENT_MS = 30_000
/** Frames are left out above this, some 15 s of G.711; above the second figure the line is dropped. */
const BUFFERED_MAX = 256 * 1024
const BUFFERED_LIMIT = 1024 * 1024
/** 30 s of the widest L16 in base64, and larger MP3 files. */
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024
/** One message may play for so long (as published). */
const MEDIA_MS_MAX = 30_000
/** MP3 files come at most so often (as published: one per second; a clock that is a little ahead is forgiven). */
const FILE_EVERY_MS = 900
/** Files of one stream that wait to be decoded: the decoder is everybody's, and each is several megabytes. */
const FILES_MAX = 2
const ERROR_EVERY_MS = 100

type OpenMessage = Extract<ToStreamingThread, { op: 'open' }>

export interface SessionParts {
  readonly sockets: WebSockets
  readonly clock: Clock
  readonly post: (message: FromStreamingThread) => void
  /** The session is over by itself. */
  readonly over: (number: number) => void
}

export class StreamSession {
  /** Frames that the far end was not sent, since the core last looked. */
  dropped = 0
  readonly #open: OpenMessage
  readonly #parts: SessionParts
  readonly #writer: StreamWriter
  readonly #frames: FrameRingReader
  readonly #playout: Playout
  readonly #codec: StreamCodecName
  readonly #tracks: readonly Track[]
  #line: WebSocketLine | undefined
  #back: BackDecoder | undefined
  #isOpen = false
  #isOver = false
  /** Frames since the start, the lost ones too. */
  #count = 0
  #lost = 0
  #pingMs = 0
  #heardMs = 0
  #job = 0
  #decoding = 0
  #fileMs = -Infinity
  #errorMs = -Infinity

  constructor(open: OpenMessage, parts: SessionParts) {
    this.#open = open
    this.#parts = parts
    const { order, leg, frames, voice } = open
    this.#writer = new StreamWriter(order, leg)
    this.#frames = new FrameRingReader(frames)
    this.#playout = new Playout(new PlayRingWriter(voice))
    this.#codec = order.codec === 'default' ? open.codec : order.codec
    const names = tracksOf[order.track]
    this.#tracks = names.map((name) => ({ name, encode: createFrameEncoder(this.#codec) }))
  }

  /** Connects; answered by `opened` or `ended`. */
  async start(): Promise<void> {
    const { order } = this.#open
    const back = await createBackDecoder(order)
    if (this.#isOver) {
      back.close()
      return
    }
    this.#back = back
    const { authToken, url } = order
    const headers = authToken === undefined ? {} : { 'x-telnyx-streaming-auth-token': authToken }
    const how = { url, headers, openMs: OPEN_MS, messageBytesMax: MESSAGE_BYTES_MAX }
    this.#line = this.#parts.sockets.connect(how, {
      opened: () => this.#opened(),
      message: (text) => this.#hearSafely(text),
      pong: () => (this.#heardMs = this.#nowMs()),
      closed: (why, orderly) => this.#ended(orderly ? 'closed' : 'failed', why),
    })
  }

  /** Every 20 ms. */
  tick(): void {
    if (!this.#isOpen) return
    while (this.#frames.read()) this.#sendFrame()
    this.#echo(this.#playout.pump(true))
    this.#watch()
  }

  dtmf(digit: string): void {
    if (this.#isOpen) this.#say(this.#writer.dtmf(digit, this.#parts.clock.wallUs()))
  }

  /** The file with that number; undefined: it was no sound. */
  decoded(job: number, clip: AudioClip | undefined): void {
    this.#decoding--
    const samples = new Int16Array(clip?.samples ?? 0)
    if (clip !== undefined) decodeUlaw(clip.pcmu, samples, 0, clip.samples)
    if (clip === undefined) this.#complain('media', 'media.payload is no MP3 file.')
    if (!this.#playout.decoded(job, samples)) this.#complain('rate', 'Too much sound is waiting.')
    this.#echo(this.#playout.pump(false))
  }

  /** By command, or with the call: what is left is sent, then `stop`. */
  stop(): void {
    if (this.#isOpen) {
      this.tick()
      this.#say(this.#writer.stop())
    }
    this.#leave(1000)
  }

  /** For another process to go on: 1012 is a restart of the service. */
  leave(): void {
    this.#leave(1012)
  }

  #leave(code: number): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#isOpen = false
    this.#line?.close(code)
    this.#back?.close()
  }

  #opened(): void {
    this.#isOpen = true
    this.#heardMs = this.#nowMs()
    this.#pingMs = this.#heardMs
    this.#say(this.#writer.connected())
    this.#say(this.#writer.start(this.#codec))
    this.#parts.post({ op: 'opened', number: this.#open.number })
  }

  #ended(outcome: 'closed' | 'failed', why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#isOpen = false
    this.#back?.close()
    this.#playout.clear()
    const { number } = this.#open
    this.#parts.over(number)
    this.#parts.post({ op: 'ended', number, outcome, why })
  }

  #sendFrame(): void {
    const frames = this.#frames
    this.#count += 1 + frames.lost - this.#lost
    this.dropped += frames.lost - this.#lost
    this.#lost = frames.lost
    const line = this.#line
    const isFull = line === undefined || line.bufferedBytes() > BUFFERED_MAX
    for (const { name, encode } of this.#tracks) {
      // A codec with a memory hears what is left out, too.
      const bytes = encode(name === 'inbound' ? frames.inbound : frames.outbound)
      if (isFull) this.dropped++
      else line.send(this.#writer.media(name, this.#count, (this.#count - 1) * 20, bytes))
    }
  }

  #watch(): void {
    const nowMs = this.#nowMs()
    const line = this.#line
    if (line === undefined) return
    const isSilent = nowMs - this.#heardMs > SILENT_MS
    if (isSilent || line.bufferedBytes() > BUFFERED_LIMIT) {
      line.drop()
      this.#ended('failed', isSilent ? 'no answer to pings' : 'the far end reads too slowly')
    } else if (nowMs - this.#pingMs >= PING_EVERY_MS) {
      this.#pingMs = nowMs
      line.ping()
    }
  }

  /** What a hostile message might break ends its stream, not the thread. */
  #hearSafely(text: string): void {
    try {
      this.#hear(text)
    } catch (error) {
      this.#line?.drop()
      this.#ended('failed', error instanceof Error ? error.message : String(error))
    }
  }

  #hear(text: string): void {
    if (!this.#isOpen) return
    this.#heardMs = this.#nowMs()
    const message = readMessage(text)
    switch (message.kind) {
      case 'media':
        this.#play(Buffer.from(message.payload, 'base64'))
        break
      case 'mark':
        if (!this.#playout.mark(message.name)) this.#complain('rate', 'Too many marks are waiting.')
        break
      case 'clear':
        this.#echo(this.#playout.clear())
        return
      case 'malformed':
        this.#complain('malformed', message.why)
        return
      case 'unknown':
        return
    }
    this.#echo(this.#playout.pump(false))
  }

  #play(bytes: Uint8Array): void {
    const back = this.#back
    if (this.#open.order.mode === 'mp3') this.#playFile(bytes)
    else if (back !== undefined) {
      if (back.durationMs(bytes.length) > MEDIA_MS_MAX) {
        this.#complain('media', 'media.payload must not play for more than 30 seconds.')
      } else if (!this.#playout.add(back.decode(bytes))) {
        this.#complain('rate', 'Too much sound is waiting.')
      }
    }
  }

  #playFile(bytes: Uint8Array): void {
    const nowMs = this.#nowMs()
    const isSoon = nowMs - this.#fileMs < FILE_EVERY_MS || this.#decoding >= FILES_MAX
    if (isSoon || !this.#playout.await(this.#job + 1)) {
      this.#complain('rate', 'One file per second can be sent.')
      return
    }
    this.#fileMs = nowMs
    this.#job++
    this.#decoding++
    this.#parts.post({ op: 'decode', number: this.#open.number, job: this.#job, bytes })
  }

  #echo(names: readonly string[]): void {
    for (const name of names) this.#say(this.#writer.mark(name))
  }

  /** Some of it: nonsense by the thousand is not answered by the thousand. */
  #complain(what: keyof typeof streamErrors, detail: string): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#errorMs < ERROR_EVERY_MS) return
    this.#errorMs = nowMs
    this.#say(this.#writer.error(streamErrors[what], detail))
  }

  #say(text: string): void {
    this.#line?.send(text)
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs()
  }
}

interface Track {
  readonly name: 'inbound' | 'outbound'
  readonly encode: EncodeFrame
}

const tracksOf = {
  inbound_track: ['inbound'],
  outbound_track: ['outbound'],
  both_tracks: ['inbound', 'outbound'],
} as const
