// Answering machine detection through the whole call logic: one verdict per call, at most one end of a greeting, nothing
// after the hang-up, whatever the media engine says and when (C107 to C110).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MachineDetectionOrder } from '../ports/commands.ts'
import { brandAs } from '../base/ids.ts'
import { applicationId, audio, Bench, id, plainDial } from '../../test/support/engine-bench.ts'

const rules = {
  ...{ totalMs: 3500, afterGreetingSilenceMs: 800, betweenWordsMs: 50, greetingMs: 3500 },
  ...{ initialSilenceMs: 3500, wordsMax: 5, wordMsMax: 3500, silenceThreshold: 256 },
  greetingSilenceMs: 1500,
}

function dialled(mode: MachineDetectionOrder['mode'], greetingListenMs = 30_000): Bench {
  const bench = new Bench()
  bench.ok({
    kind: 'dial',
    fresh: { legId: id('b'), legUuid: brandAs('uuid-b'), sessionId: brandAs('session-b') },
    applicationId,
    dial: { ...plainDial, machineDetection: { mode, greetingListenMs, rules } },
    ...{ retryOnTimeout: true, linkTo: undefined, bridgeIntent: false, bridgeOnAnswer: false },
    ...{ parkAfterUnbridge: false, preventDoubleBridge: false },
  })
  bench.invited('b')
  bench.forget()
  return bench
}

function answered(mode: MachineDetectionOrder['mode'], greetingListenMs?: number): Bench {
  const bench = dialled(mode, greetingListenMs)
  bench.accepted('b')
  bench.forget()
  return bench
}

const verdict = (bench: Bench, result: 'human' | 'machine' | 'not_sure'): void =>
  bench.fromMedia({ kind: 'machine-detected', legId: id('b'), result })
const greetingEnd = (bench: Bench, result: 'beep_detected' | 'ended' | 'not_sure'): void =>
  bench.fromMedia({ kind: 'machine-greeting-ended', legId: id('b'), result })

describe('Answering machine detection', () => {
  it('begins with the answer, after call.answered', () => {
    const bench = dialled('greeting_end', 5000)
    assert.ok(!bench.since('media').some((word) => word.startsWith('detect-machine')))
    bench.accepted('b')
    assert.ok(bench.since('media').includes('detect-machine b answer end 5000'))
    assert.deepEqual(bench.since('events'), ['leg-answered b'])
  })

  it('a human is told once, and nobody listens any more', () => {
    const bench = answered('greeting_end')
    verdict(bench, 'human')
    assert.deepEqual(bench.since('events'), ['machine-detected b human'])
    assert.deepEqual(bench.since('media'), ['detect-machine-stop b'])
    verdict(bench, 'machine')
    greetingEnd(bench, 'ended')
    bench.pass(60_000)
    assert.deepEqual(bench.since('events'), [])
  })

  it('detect: a machine is told, its greeting is nobody’s business', () => {
    const bench = answered('detect')
    verdict(bench, 'machine')
    greetingEnd(bench, 'beep_detected')
    bench.pass(60_000)
    assert.deepEqual(bench.since('events'), ['machine-detected b machine'])
  })

  it('the end of the greeting follows a machine, once', () => {
    for (const mode of ['greeting_end', 'detect_words', 'detect_beep'] as const) {
      const bench = answered(mode)
      greetingEnd(bench, 'beep_detected')
      assert.deepEqual(bench.since('events'), [], 'not before the verdict')
      verdict(bench, 'machine')
      verdict(bench, 'human')
      greetingEnd(bench, 'beep_detected')
      greetingEnd(bench, 'ended')
      assert.deepEqual(bench.since('events'), [
        'machine-detected b machine',
        'machine-greeting-ended b beep_detected',
      ])
    }
  })

  it('without a beep detect_beep says nothing, detect_words says so', () => {
    for (const mode of ['detect_beep', 'detect_words'] as const) {
      const bench = answered(mode)
      verdict(bench, 'machine')
      bench.forget()
      greetingEnd(bench, 'not_sure')
      const told = mode === 'detect_words' ? ['machine-greeting-ended b not_sure'] : []
      assert.deepEqual(bench.since('events'), told)
      assert.deepEqual(bench.since('media'), ['detect-machine-stop b'])
    }
  })

  it('the media engine stays silent: not sure, two seconds after it should have spoken', () => {
    const bench = answered('greeting_end', 5000)
    bench.pass(5499)
    assert.deepEqual(bench.since('events'), [])
    bench.pass(1)
    assert.deepEqual(bench.since('events'), ['machine-detected b not_sure'])
    const second = answered('greeting_end', 5000)
    verdict(second, 'machine')
    second.forget()
    second.pass(7000)
    assert.deepEqual(second.since('events'), ['machine-greeting-ended b not_sure'])
  })

  it('nothing is told after the hang-up', () => {
    const bench = answered('greeting_end')
    bench.bye('b')
    verdict(bench, 'human')
    bench.pass(60_000)
    assert.deepEqual(bench.since('events'), ['leg-ended b normal_clearing'])
  })

  it('the beep ends what was played into the greeting, and a gather: cancelled_amd', () => {
    const bench = answered('detect_beep')
    bench.ok(bench.play('b', 'one'))
    bench.playbackStarted('b', 'one')
    bench.ok(bench.play('b', 'two'))
    bench.ok({
      ...{ kind: 'gather', legId: id('b'), gatherId: 'g', playbackId: 'p' },
      rules: {
        ...{ minimumDigits: 1, maximumDigits: 4, timeoutMs: 60_000, interDigitMs: 3000 },
        ...{ initialMs: 5000, terminatingDigit: '#', validDigits: '123', triesMax: 1 },
      },
      prompt: audio('hello'),
      invalidPrompt: undefined,
    })
    verdict(bench, 'machine')
    bench.forget()
    greetingEnd(bench, 'beep_detected')
    assert.deepEqual(bench.since('events'), [
      'playback-ended b one cancelled_amd',
      "gather-ended b cancelled_amd ''",
      'machine-greeting-ended b beep_detected',
    ])
    assert.deepEqual(bench.since('media'), ['detect-machine-stop b', 'stop-playback b one'])
  })

  it('words end the same way', () => {
    const bench = answered('detect_beep')
    const speech = { kind: 'speech', text: 'Hello.', ssml: false, voice: 'female' } as const
    bench.ok({
      ...{ kind: 'speak', legId: id('b'), playbackId: 'one', loops: 1 },
      ...{ stop: undefined, targetLegs: 'self' },
      speech: { ...speech, language: undefined },
    })
    bench.playbackStarted('b', 'one')
    verdict(bench, 'machine')
    bench.forget()
    greetingEnd(bench, 'beep_detected')
    assert.deepEqual(bench.since('events'), [
      'speak-ended b one cancelled_amd',
      'machine-greeting-ended b beep_detected',
    ])
  })

  it('the end by silence stops nothing', () => {
    const bench = answered('greeting_end')
    bench.ok(bench.play('b', 'one'))
    bench.playbackStarted('b', 'one')
    verdict(bench, 'machine')
    bench.forget()
    greetingEnd(bench, 'ended')
    assert.deepEqual(bench.since('events'), ['machine-greeting-ended b ended'])
  })

  it('goes on in a bridge', () => {
    const bench = answered('detect')
    bench.parked('a')
    bench.bridge('a', 'b')
    bench.forget()
    verdict(bench, 'machine')
    assert.deepEqual(bench.since('events'), ['machine-detected b machine'])
  })

  it('a restart before the verdict: not sure, at once and once', () => {
    const next = answered('greeting_end').restarted('b')
    assert.deepEqual(
      next.since('events').filter((word) => word.startsWith('machine')),
      ['machine-detected b not_sure'],
    )
    const third = next.restarted('b')
    third.pass(60_000)
    assert.deepEqual(
      third.since('events').filter((word) => word.startsWith('machine')),
      [],
    )
  })

  it('a restart during the greeting: the rest of it is waited for', () => {
    const bench = answered('greeting_end', 10_000)
    verdict(bench, 'machine')
    bench.pass(4000)
    const next = bench.restarted('b')
    assert.ok(next.since('media').includes('detect-machine b greeting end 6000'))
    greetingEnd(next, 'beep_detected')
    assert.deepEqual(
      next.since('events').filter((word) => word.startsWith('machine')),
      ['machine-greeting-ended b beep_detected'],
    )
  })
})
