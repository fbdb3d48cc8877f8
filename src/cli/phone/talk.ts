// One call of the phone: tells what happens, listens, presses keys, keeps the sound, and ends when it is told to.

import type { Call } from '../../lab/call.ts'
import type { LabSegment } from '../../lab/ear.ts'
import { includesTone } from '../../lab/ear.ts'
import type { CommandLine } from '../../platform/command-line.ts'
import { writeUserFile } from '../../platform/user-files.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import type { Json } from '../json.ts'
import { duration } from '../render.ts'
import { savedSamplesMax, soundName, soundWords, wavFile } from './sound.ts'

/** Something that happened, for people and for programs. */
export type Tell = (event: string, words: string, more?: Json) => void

export interface TalkOptions {
  readonly tell: Tell
  /** Keys to press after the answer; `w` waits half a second. */
  readonly keys: string
  /** Seconds in the call after which it is ended; undefined: until somebody ends it. */
  readonly forSecs: number | undefined
  /** A tone that must be heard; the call is ended once it was. */
  readonly expectHz: number | undefined
  /** Path of a WAV file, or undefined. */
  readonly save: string | undefined
}

/** A sound counts as heard when it lasted so long: shorter ones are the edges between others. */
const soundMinMs = 300
const lookMs = 100
const keyPauseMs = 500
/** 160 ms for each key and 80 ms behind it. */
const keyMs = 240
/** How long a BYE or CANCEL gets to be sent and answered. */
const farewellMs = 2000

export class Talk {
  readonly call: Call
  readonly #line: CommandLine
  readonly #options: TalkOptions
  readonly #pieces: Int16Array[] = []
  #samples = 0
  #lastSound = ''
  #toldKeys = 0
  #upMs: number | undefined
  #heardExpected = false

  constructor(line: CommandLine, call: Call, options: TalkOptions) {
    this.#line = line
    this.call = call
    this.#options = options
    if (options.save !== undefined) call.line.ear.onSound = (samples) => this.#keep(samples)
  }

  /** Whether what was to be heard was heard; true when nothing was. */
  get wasAsExpected(): boolean {
    return this.#options.expectHz === undefined || this.#heardExpected
  }

  /** From the answer to the end; the file is saved in any case. */
  async untilOver(): Promise<void> {
    this.#upMs = this.#line.clock.monotonicMs()
    this.#options.tell('answered', 'the call is up')
    const stopLooking = this.#line.every(lookMs, () => this.#look())
    const stopping = this.#line.stopping()
    const hangUp = (): void => this.call.hangUp()
    stopping.addEventListener('abort', hangUp)
    if (stopping.aborted) hangUp()
    void this.press(this.#options.keys)
    void this.#endInTime()
    try {
      const end = await this.call.ended(Infinity)
      this.#look()
      const words = end.by === 'peer' ? 'the other side hung up' : 'hung up'
      this.#options.tell('ended', words, { by: end.by })
    } finally {
      stopLooking()
      stopping.removeEventListener('abort', hangUp)
      this.#sumUp()
      this.#save()
    }
  }

  async press(keys: string): Promise<void> {
    for (const part of keys.split(/(w)/i)) {
      if (part === '') continue
      if (part.toLowerCase() === 'w') await this.#line.pause(keyPauseMs)
      else {
        await this.call.sendDtmf(part)
        this.#options.tell('pressed', `pressed ${part}`, { keys: part })
        await this.#line.pause(part.length * keyMs)
      }
    }
  }

  async #endInTime(): Promise<void> {
    if (this.#options.forSecs === undefined) return
    await this.#line.pause(this.#options.forSecs * 1000)
    this.call.hangUp()
  }

  #keep(samples: Int16Array): void {
    if (this.#samples >= savedSamplesMax) return
    this.#samples += samples.length
    this.#pieces.push(samples.slice())
  }

  /** Tells what is new: sounds that last, keys. */
  #look(): void {
    for (const { key } of this.call.line.keys.slice(this.#toldKeys)) {
      this.#toldKeys++
      this.#options.tell('key', `hears key ${key}`, { key })
    }
    const segment = this.call.heard().at(-1)
    if (segment === undefined || segment.toMs - segment.fromMs < soundMinMs) return
    this.#hear(segment)
  }

  #hear({ heard, fromMs }: LabSegment): void {
    const { tell, expectHz } = this.#options
    const name = soundName(heard)
    if (name !== this.#lastSound) {
      this.#lastSound = name
      const atMs = Math.max(0, Math.round(fromMs - (this.#upMs ?? fromMs)))
      const hz = heard.kind === 'tone' || heard.kind === 'mix' ? { hz: heard.hz } : {}
      tell('hears', `hears ${soundWords(heard)}`, { sound: heard.kind, ...hz, at_ms: atMs })
    }
    if (expectHz === undefined || this.#heardExpected || !includesTone(heard, expectHz)) return
    this.#heardExpected = true
    if (this.#options.forSecs === undefined) this.call.hangUp()
  }

  #sumUp(): void {
    const { packets, lostPackets, gapMaxMs, jitterMaxMs } = this.call.statistics()
    const secs = (this.#line.clock.monotonicMs() - (this.#upMs ?? 0)) / 1000
    const lost = lostPackets === 0 ? 'none lost' : `${lostPackets} lost`
    this.#options.tell(
      'summary',
      `${duration(secs)} in the call, ${packets} audio packets, ${lost}, longest pause ${Math.round(gapMaxMs)} ms`,
      {
        seconds: Math.round(secs * 10) / 10,
        packets,
        lost_packets: lostPackets,
        gap_max_ms: Math.round(gapMaxMs),
        jitter_max_ms: Math.round(jitterMaxMs),
      },
    )
  }

  #save(): void {
    const { save, tell } = this.#options
    if (save === undefined) return
    const written = writeUserFile(save, wavFile(this.#pieces))
    if (!written.ok) throw new CliError(exitCodes.refused, written.why)
    const secs = Math.round(this.#samples / 800) / 10
    tell('saved', `saved ${secs} s of what was heard as ${save}`, { file: save, seconds: secs })
  }
}

/** Ends the call, if it is not over, and gives the other side the time to hear of it. */
export async function farewell(line: CommandLine, call: Call): Promise<void> {
  const isRinging = call.state === 'trying' || call.state === 'ringing'
  call.hangUp()
  // A CANCEL ends the call when the other side agreed, a BYE at once.
  if (isRinging) await call.ended(farewellMs).catch(() => undefined)
  await settle(line)
}

const settleMs = 250

/** Not cut short by Ctrl-C: a BYE that is never sent leaves the other side talking to nobody. */
function settle(line: CommandLine): Promise<void> {
  return new Promise((resolve) => {
    const sinceMs = line.clock.monotonicMs()
    const stop = line.every(50, () => {
      if (line.clock.monotonicMs() - sinceMs < settleMs) return
      stop()
      resolve()
    })
  })
}
