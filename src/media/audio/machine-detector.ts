// Who answered: a person, who says a word or two and waits, or a machine, which goes on. Only loudness and time are looked
// at, as the published parameters have it, and a beep gives a machine away at once. After a machine the end of its greeting
// is waited for: a beep, or a long silence (C107, C108).
//
// Time is counted in what was heard, 20 ms per frame, so that a test needs no clock; whoever owns the detector has a
// deadline of his own in case that frames stop.

import type { MachineDetectionRules, MachineListening } from '../../ports/media-engine.ts'
import { SteadyTone } from './steady-tone.ts'
import { VoiceActivity } from './voice-activity.ts'

export type MachineFinding =
  | { readonly kind: 'answered-by'; readonly result: 'human' | 'machine' | 'not_sure' }
  | { readonly kind: 'greeting'; readonly result: 'beep_detected' | 'ended' | 'not_sure' }

const STEP_MS = 10
const STEP_SAMPLES = 80
const FRAME_MS = 20
/** Shorter sounds are clicks and breath. */
const WORD_MS_MIN = 100
/** Below are the tones of the network (ringback, busy, dial tone: 350 to 480 Hz), above are beeps. */
const BEEP_HZ_MIN = 500
const BEEP_MS_MIN = 80
/** A tone that stays longer is a fax, or a line that is out of order. */
const BEEP_MS_MAX = 2000
/** A tone of the network that stays so long is neither a voice nor a greeting. */
const NETWORK_TONE_MS = 200
/** A tone that has stayed so long does not belong to the noise of the line. */
const TONE_FRAMES = 3
/** After a beep it is quiet for this long, soon: notes of music and vowels are followed by something. */
const QUIET_MS = 100
const QUIET_WITHIN_MS = 300
/** Of the beep's own level. */
const QUIET_SHARE = 0.3
/** Who has spoken so long when the time is over, and has not paused, is not waiting for an answer. */
const STILL_SPEAKING_MS = 2000
const PAUSE_MS = 200
/** Rumble below 200 Hz is no voice: the part of the last sum that the high-pass filter keeps. */
const KEPT = 0.85

export class MachineDetector {
  readonly #rules: MachineDetectionRules
  readonly #listening: MachineListening
  readonly #tone = new SteadyTone()
  readonly #voice: VoiceActivity
  #stage: 'answer' | 'greeting' | 'over'
  /** Since this stage began. */
  #elapsedMs = 0
  #silenceMs = 0
  /** Of the present word; 0 between words. */
  #wordMs = 0
  /** Loud parts of the present word. */
  #voicedMs = 0
  /** Quiet since the last loud moment of the present word. */
  #gapMs = 0
  #words = 0
  /** From the beginning of the first word; undefined: nobody has spoken. */
  #greetingMs: number | undefined
  /** A beep has ended and must be followed by quiet: how long ago it ended. */
  #sinceBeepMs: number | undefined
  #beepLevel = 0
  #quietMs = 0
  #beepHeard = false
  #before = 0
  #high = 0

  constructor(listening: MachineListening, rules: MachineDetectionRules) {
    this.#listening = listening
    this.#rules = rules
    this.#stage = listening.from
    this.#voice = new VoiceActivity(rules.silenceThreshold)
  }

  /** Nothing more will be found. */
  get isOver(): boolean {
    return this.#stage === 'over'
  }

  /** 160 samples of 8 kHz, or undefined when nothing arrived, which is silence. */
  hear(frame: Int16Array | undefined): MachineFinding | undefined {
    if (this.#stage === 'over') return undefined
    this.#tone.hear(frame)
    this.#noteTone()
    const isNetworkTone =
      this.#tone.hz < BEEP_HZ_MIN && this.#tone.frames * FRAME_MS >= NETWORK_TONE_MS
    if (isNetworkTone) this.#forgetWord()
    const isTone = this.#tone.frames >= TONE_FRAMES
    for (let from = 0; from < 2 * STEP_SAMPLES; from += STEP_SAMPLES) {
      const level = frame === undefined ? 0 : this.#level(frame, from)
      const isLoud = this.#voice.hear(level, !isTone)
      this.#countBeep(level)
      this.#count(isLoud && !isNetworkTone)
    }
    return this.#stage === 'answer' ? this.#judgeAnswer() : this.#judgeGreeting()
  }

  /** Mean absolute sample of 10 ms, without rumble. */
  #level(frame: Int16Array, from: number): number {
    let sum = 0
    for (let i = from; i < from + STEP_SAMPLES; i++) {
      const sample = frame[i]!
      this.#high = sample - this.#before + KEPT * this.#high
      this.#before = sample
      sum += Math.abs(this.#high)
    }
    return sum / STEP_SAMPLES
  }

  #noteTone(): void {
    const ms = this.#tone.endedFrames * FRAME_MS
    if (ms < BEEP_MS_MIN || ms > BEEP_MS_MAX || this.#tone.endedHz < BEEP_HZ_MIN) return
    this.#sinceBeepMs = 0
    this.#beepLevel = this.#tone.endedLevel
    this.#quietMs = 0
  }

  #count(isLoud: boolean): void {
    this.#elapsedMs += STEP_MS
    if (this.#greetingMs !== undefined) this.#greetingMs += STEP_MS
    this.#silenceMs = isLoud ? 0 : this.#silenceMs + STEP_MS
    if (isLoud) {
      this.#greetingMs ??= STEP_MS
      this.#wordMs += STEP_MS + this.#gapMs
      this.#gapMs = 0
      this.#voicedMs += STEP_MS
      if (this.#voicedMs === WORD_MS_MIN) this.#words++
      return
    }
    if (this.#wordMs === 0) return
    this.#gapMs += STEP_MS
    if (this.#gapMs >= this.#rules.betweenWordsMs) this.#endWord()
  }

  #endWord(): void {
    this.#wordMs = 0
    this.#voicedMs = 0
    this.#gapMs = 0
    // A click before the first word is no beginning.
    if (this.#words === 0) this.#greetingMs = undefined
  }

  #forgetWord(): void {
    if (this.#voicedMs >= WORD_MS_MIN) this.#words--
    this.#endWord()
  }

  #countBeep(level: number): void {
    if (this.#sinceBeepMs === undefined) return
    this.#sinceBeepMs += STEP_MS
    this.#quietMs = level > QUIET_SHARE * this.#beepLevel ? 0 : this.#quietMs + STEP_MS
    if (this.#quietMs >= QUIET_MS) {
      this.#beepHeard = true
      this.#sinceBeepMs = undefined
    } else if (this.#sinceBeepMs >= QUIET_WITHIN_MS) this.#sinceBeepMs = undefined
  }

  #judgeAnswer(): MachineFinding | undefined {
    const rules = this.#rules
    const toneMs = this.#tone.hz < BEEP_HZ_MIN ? 0 : this.#tone.frames * FRAME_MS
    // The silence that ends it is no part of the greeting.
    const greetingMs = (this.#greetingMs ?? 0) - this.#silenceMs
    if (
      this.#beepHeard ||
      toneMs > BEEP_MS_MAX ||
      this.#words > rules.wordsMax ||
      this.#wordMs > rules.wordMsMax ||
      greetingMs > rules.greetingMs ||
      (this.#words === 0 && this.#wordMs === 0 && this.#elapsedMs >= rules.initialSilenceMs)
    ) {
      return this.#answeredBy('machine')
    }
    const isQuiet = this.#silenceMs >= rules.afterGreetingSilenceMs
    if (this.#words > 0 && isQuiet) return this.#answeredBy('human')
    if (this.#elapsedMs < rules.totalMs) return undefined
    const goesOn = greetingMs >= STILL_SPEAKING_MS && this.#silenceMs < PAUSE_MS
    return this.#answeredBy(goesOn ? 'machine' : 'not_sure')
  }

  #answeredBy(result: 'human' | 'machine' | 'not_sure'): MachineFinding {
    const goesOn = result === 'machine' && this.#listening.greeting !== 'no'
    this.#stage = goesOn ? 'greeting' : 'over'
    this.#elapsedMs = 0
    // Silence that made it a machine is not the end of a greeting that has not begun.
    if (this.#words === 0) this.#silenceMs = 0
    return { kind: 'answered-by', result }
  }

  #judgeGreeting(): MachineFinding | undefined {
    const { greeting, greetingListenMs } = this.#listening
    if (this.#beepHeard) return this.#greetingOver('beep_detected')
    const isSilent = this.#silenceMs >= this.#rules.greetingSilenceMs
    if (greeting === 'end' && isSilent && this.#sinceBeepMs === undefined) {
      return this.#greetingOver('ended')
    }
    return this.#elapsedMs >= greetingListenMs ? this.#greetingOver('not_sure') : undefined
  }

  #greetingOver(result: 'beep_detected' | 'ended' | 'not_sure'): MachineFinding {
    this.#stage = 'over'
    return { kind: 'greeting', result }
  }
}
