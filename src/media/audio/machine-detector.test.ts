import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answered, goodLine, greetings, say } from '../../../test/support/greetings.ts'
import type { AnsweredCall, Greeting, Line } from '../../../test/support/greetings.ts'
import type { MachineDetectionRules, MachineListening } from '../../ports/media-engine.ts'
import { sine } from './goertzel.ts'
import { MachineDetector } from './machine-detector.ts'
import { ringbackClip } from './ringback.ts'
import { ulawToLinear } from './g711.ts'

/** The published defaults. */
const rules: MachineDetectionRules = {
  ...{ totalMs: 3500, afterGreetingSilenceMs: 800, betweenWordsMs: 50, greetingMs: 3500 },
  ...{ initialSilenceMs: 3500, wordsMax: 5, wordMsMax: 3500, silenceThreshold: 256 },
  greetingSilenceMs: 1500,
}
const toEnd: MachineListening = { from: 'answer', greeting: 'end', greetingListenMs: 20_000 }
const toBeep: MachineListening = { ...toEnd, greeting: 'beep' }
const verdictOnly: MachineListening = { ...toEnd, greeting: 'no' }

/** What is found, with the ms at which it is. */
function hear(
  frames: AnsweredCall['frames'],
  listening: MachineListening = toEnd,
  own: Partial<MachineDetectionRules> = {},
): string[] {
  const detector = new MachineDetector(listening, { ...rules, ...own })
  return frames.flatMap((frame, at) => {
    const found = detector.hear(frame)
    return found === undefined ? [] : [`${found.result} ${(at + 1) * 20}`]
  })
}

/** Parts one after the other; numbers are pauses in ms. */
function sound(...parts: readonly (Int16Array | number)[]): Int16Array[] {
  const pieces = parts.map((part) => (typeof part === 'number' ? pause(part) : part))
  const all = Int16Array.from(pieces.flatMap((piece) => [...piece]))
  return Array.from({ length: Math.floor(all.length / 160) }, (_, at) =>
    all.subarray(at * 160, (at + 1) * 160),
  )
}

/** A line without a voice is not without a sound. */
function pause(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, i) => (i % 3 === 0 ? 40 : -20))
}

/** Of one syllable; a second of it would pass for noise. */
function word(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, i) => {
    const turn = (2 * Math.PI * i) / 8000
    return 2500 * (Math.sin(130 * turn) + Math.sin(390 * turn) + Math.sin(1170 * turn))
  })
}

test('a word and a silence are a human, after exactly that silence', () => {
  assert.deepEqual(hear(sound(200, word(400), 3000)), ['human 1400'])
  assert.deepEqual(hear(sound(200, word(400), 3000), toEnd, { afterGreetingSilenceMs: 400 }), [
    'human 1000',
  ])
})

test('nobody says anything: a machine, and not before; then the silence of its greeting is counted anew', () => {
  assert.deepEqual(hear(sound(8000)), ['machine 3500', 'ended 5000'])
  assert.deepEqual(hear(sound(3000), verdictOnly, { initialSilenceMs: 1800 }), ['machine 1800'])
  // No packets are silence, too.
  assert.deepEqual(hear(new Array<undefined>(200).fill(undefined), verdictOnly), ['machine 3500'])
})

test('more words than allowed, a word too long, a greeting too long: a machine', () => {
  const words = [word(200), 100, word(200), 100, word(200), 100, word(200)] as const
  assert.deepEqual(hear(sound(...words, 100, word(200), 100, word(400)), verdictOnly), [
    'machine 1600',
  ])
  assert.deepEqual(hear(sound(...words, 2000), verdictOnly, { wordsMax: 3 }), ['machine 1000'])
  // Gaps that are shorter than those between words make one word of it.
  assert.deepEqual(hear(sound(...words, 2000), verdictOnly, { wordsMax: 3, betweenWordsMs: 150 }), [
    'human 1900',
  ])
  assert.deepEqual(hear(sound(word(900)), verdictOnly, { wordMsMax: 700 }), ['machine 720'])
  const long = hear(sound(...words, 100, ...words), verdictOnly, { greetingMs: 1200, wordsMax: 99 })
  assert.deepEqual(long, ['machine 1220'])
})

test('the time is over: not sure after a pause, a machine when it still speaks', () => {
  const own = { totalMs: 3000, wordsMax: 99, afterGreetingSilenceMs: 900 }
  const words = [word(500), 100, word(500), 100, word(500), 100, word(500)] as const
  assert.deepEqual(hear(sound(...words, 3000), verdictOnly, own), ['not_sure 3000'])
  assert.deepEqual(hear(sound(...words, 100, ...words), verdictOnly, own), ['machine 3000'])
  assert.deepEqual(hear(sound(2000, ...words), verdictOnly, own), ['not_sure 3000'])
})

test('clicks are no words', () => {
  assert.deepEqual(hear(sound(500, word(30), 500, word(60), 5000), verdictOnly), ['machine 3500'])
})

test('a beep tells a machine at once, and ends its greeting', () => {
  const beep = sound(word(300), 200, sine(1000, 400, 6000), 3000)
  assert.deepEqual(hear(beep, toBeep), ['machine 1020', 'beep_detected 1040'])
  assert.deepEqual(hear(beep, verdictOnly), ['machine 1020'])
  assert.deepEqual(hear(sound(word(300), 200, sine(1000, 60, 6000), 3000)), ['human 1360'])
})

test('beeps from 500 to 2500 Hz and of 100 ms to 1.9 s are found within 200 ms of their end', () => {
  const greeting: MachineListening = { ...toBeep, from: 'greeting' }
  for (const hz of [520, 620, 777, 1000, 1225, 1400, 1999, 2500]) {
    for (const ms of [100, 250, 800, 1900]) {
      const found = hear(sound(word(900), 300, sine(hz, ms, 4000), 1000), greeting)
      const [result, at] = (found[0] ?? '').split(' ')
      const late = Number(at) - 1200 - ms
      assert.equal(result, 'beep_detected', `${hz} Hz, ${ms} ms: ${found.join()}`)
      assert.ok(late >= 80 && late <= 200, `${hz} Hz, ${ms} ms: ${late} ms after its end`)
    }
  }
})

test('ringback of every country after the answer is neither a greeting nor a beep', () => {
  for (const country of ['us', 'uk', 'de', 'fr', 'au', 'in', 'cn']) {
    const { pcmu } = ringbackClip(country)
    const ring = Int16Array.from(pcmu, (byte) => ulawToLinear[byte] ?? 0)
    const found = hear(sound(ring, ring, ring), verdictOnly, { initialSilenceMs: 3500 })
    // It is as good as silence; where the first moments of a ring pass for a word, the time runs out.
    assert.match(found.join(), /^(machine 3500|not_sure 3500)$/, `${country}: ${found.join()}`)
  }
})

test('a fax is a machine, and its tone no beep', () => {
  assert.deepEqual(hear(sound(300, sine(2100, 3000, 6000), 4000), toBeep), ['machine 2320'])
})

test('the end of a greeting: a long silence, a beep before that, or the time is over', () => {
  const from: MachineListening = { from: 'greeting', greeting: 'end', greetingListenMs: 5000 }
  const frames = sound(word(500), 600, word(500), 4000)
  assert.deepEqual(hear(frames, from), ['ended 3100'])
  assert.deepEqual(hear(frames, { ...from, greetingListenMs: 2000 }), ['not_sure 2000'])
  assert.deepEqual(hear(frames, { ...from, greeting: 'beep' }), ['not_sure 5000'])
})

test('after the last word nothing is heard any more', () => {
  const detector = new MachineDetector(verdictOnly, rules)
  for (const frame of sound(word(300), 1000)) detector.hear(frame)
  assert.ok(detector.isOver)
  for (const frame of sound(word(9000))) assert.equal(detector.hear(frame), undefined)
})

function share(by: Greeting['by'], line: Line, verdicts: readonly string[]): number {
  const those = greetings.filter((one) => one.by === by)
  const right = those.filter((greeting, at) => {
    const { frames } = answered(greeting, { ...line, seed: at + 1 })
    const [first = ''] = hear(frames, verdictOnly)
    return verdicts.includes(first.split(' ')[0] ?? '')
  })
  return right.length / those.length
}

test('synthetic greetings on a good line: people are people, machines are machines', () => {
  assert.ok(share('human', goodLine, ['human']) >= 0.83)
  assert.ok(share('human', goodLine, ['human', 'not_sure']) >= 0.9)
  assert.ok(share('machine', goodLine, ['machine']) >= 0.75)
})

test('noise and lost packets cost little down to 10 dB', () => {
  const bad: Line = { snrDb: 10, noise: 'street', loss: 0.05, seed: 1 }
  assert.ok(share('human', bad, ['human']) >= 0.75)
  assert.ok(share('machine', bad, ['machine']) >= 0.7)
})

test('speech and music of a machine have no beep in them: the one that comes is found', () => {
  const beeps = greetings.filter(({ by, parts }) => by === 'machine' && !parts.includes('music'))
  for (const [at, greeting] of beeps.entries()) {
    const { frames, beepEndMs = 0 } = answered(greeting, { ...goodLine, seed: at + 1 })
    const found = hear(frames, { ...toBeep, from: 'greeting' })
    const [result, ms] = (found[0] ?? '').split(' ')
    assert.equal(result, 'beep_detected', greeting.name)
    assert.ok(Math.abs(Number(ms) - beepEndMs - 180) < 120, `${greeting.name}: ${ms}, ${beepEndMs}`)
  }
})

test('speech has no beep', () => {
  for (const { parts, voice } of greetings) {
    for (const part of parts) {
      if (typeof part !== 'string' || part === 'music') continue
      const frames = sound(say(voice, part), 400)
      const found = hear(frames, { from: 'greeting', greeting: 'beep', greetingListenMs: 1e9 })
      assert.deepEqual(found, [], `${voice}: ${part}`)
    }
  }
})
