// Gathers and sent keys through the whole call logic: each gather ends once, whatever becomes of the call.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GatherCommand } from '../ports/commands.ts'
import { audio, Bench, id } from '../../test/support/engine-bench.ts'

function gather(name: string, more: Partial<GatherCommand> = {}): GatherCommand {
  return {
    ...{ kind: 'gather', legId: id(name), gatherId: 'g', playbackId: 'p' },
    rules: {
      ...{ minimumDigits: 1, maximumDigits: 4, timeoutMs: 60_000, interDigitMs: 3000 },
      ...{ initialMs: 5000, terminatingDigit: '#', validDigits: '0123456789', triesMax: 2 },
    },
    prompt: undefined,
    invalidPrompt: undefined,
    ...more,
  }
}

const prompted = { prompt: audio('hello'), invalidPrompt: audio('wrong') }

function press(bench: Bench, name: string, digits: string): void {
  for (const digit of digits) bench.fromMedia({ kind: 'media-dtmf', legId: id(name), digit })
}

function parked(dtmfType?: 'Inband' | 'SIP INFO'): Bench {
  const bench = new Bench(dtmfType === undefined ? {} : { application: { dtmfType } })
  bench.parked('a')
  bench.forget()
  return bench
}

describe('A gather', () => {
  it('tells each key, then its digits; a key after its end is only told', () => {
    const bench = parked()
    bench.ok(gather('a'), 'b3Blbg==')
    press(bench, 'a', '50#7')
    const key = 'dtmf-received a'
    assert.deepEqual(bench.since('events'), [key, key, key, "gather-ended a valid '50'", key])
    const ended = bench.told.find((event) => event.type === 'gather-ended')
    assert.equal(ended?.gatherId, 'g')
    assert.equal(ended.leg.clientState, 'b3Blbg==')
    bench.pass(120_000)
    assert.deepEqual(bench.since('events'), [])
  })

  it('is stopped by command, and nothing to stop is no error', () => {
    const bench = parked()
    bench.ok({ kind: 'gather-stop', legId: id('a') })
    bench.ok(gather('a'))
    press(bench, 'a', '5')
    bench.ok({ kind: 'gather-stop', legId: id('a') })
    assert.deepEqual(bench.since('events').slice(1), ["gather-ended a cancelled '5'"])
  })

  it('ends the one before it', () => {
    const bench = parked()
    bench.ok(gather('a', prompted))
    bench.playbackStarted('a', 'p')
    bench.ok(gather('a', { gatherId: 'second', playbackId: 'q' }))
    assert.deepEqual(bench.since('events').slice(1), [
      'playback-ended a p cancelled',
      "gather-ended a cancelled ''",
    ])
    bench.pass(5000)
    assert.deepEqual(bench.since('events'), ["gather-ended a timeout ''"])
  })

  it('plays its prompt until a key comes', () => {
    const bench = parked()
    bench.ok(gather('a', prompted))
    bench.playbackStarted('a', 'p')
    press(bench, 'a', '5')
    assert.deepEqual(bench.since('media'), ['play a p', 'stop-playback a p'])
    assert.deepEqual(bench.since('events').slice(1), [
      'dtmf-received a',
      'playback-ended a p cancelled',
    ])
    bench.pass(3000)
    assert.deepEqual(bench.since('events'), ["gather-ended a valid '5'"])
  })

  it('counts silence from the end of the prompt, whatever ended it', () => {
    const bench = parked()
    bench.ok(gather('a', prompted))
    bench.playbackEnded('a', 'p', 'file_not_found')
    bench.pass(59_000)
    assert.deepEqual(bench.since('media'), ['play a p'])
    bench.pass(1000)
    assert.deepEqual(bench.since('media'), ['play a p-2'])
    bench.ok({ kind: 'playback-stop', legId: id('a'), stop: 'all', overlay: false })
    bench.pass(60_000)
    assert.equal(bench.since('events').at(-1), "gather-ended a timeout ''")
  })

  it('goes on in a queue and in a bridge, which ends its prompt', () => {
    const bench = parked()
    bench.ok(gather('a', prompted))
    bench.playbackStarted('a', 'p')
    bench.enqueue('a')
    bench.parked('b')
    bench.bridge('b', 'a')
    bench.forget()
    press(bench, 'a', '42#')
    assert.equal(bench.since('events').at(-1), "gather-ended a valid '42'")
  })

  it('stops its prompt at a key, and no other audio', () => {
    const bench = parked()
    bench.ok(gather('a', prompted))
    bench.playbackStarted('a', 'p')
    bench.ok(bench.play('a', 'news'))
    bench.forget()
    press(bench, 'a', '4')
    const heard = bench.since('media').filter((line) => /^(play|stop)/.test(line))
    assert.deepEqual(heard, ['stop-playback a p', 'play a news'])
  })

  it('is told before the end of its call', () => {
    const bench = parked()
    bench.ok(gather('a', prompted))
    bench.playbackStarted('a', 'p')
    bench.forget()
    bench.bye('a')
    assert.deepEqual(bench.since('events'), [
      "gather-ended a call_hangup ''",
      'playback-ended a p call_hangup',
      'leg-ended a normal_clearing',
    ])
    bench.pass(60_000)
    assert.deepEqual(bench.since('events'), [])
  })

  it('goes on over a restart: prompt from its beginning, digits and deadlines as they were', () => {
    const bench = parked()
    bench.ok(gather('a', prompted))
    bench.playbackStarted('a', 'p')
    const next = bench.restarted('a')
    assert.deepEqual(
      next.since('media').filter((line) => line.startsWith('play')),
      ['play a p'],
    )
    press(next, 'a', '1')
    next.pass(2000)
    const third = next.restarted('a')
    press(third, 'a', '2')
    third.pass(2999)
    assert.deepEqual(third.since('events'), ['dtmf-received a'])
    third.pass(1)
    assert.deepEqual(third.since('events'), ["gather-ended a valid '12'"])
    assert.deepEqual(third.restarted('a').since('events'), [])
  })

  it('falls due after a restart without another key', () => {
    const bench = parked()
    bench.ok(gather('a'))
    press(bench, 'a', '1')
    bench.pass(1000)
    const next = bench.restarted('a')
    next.pass(1999)
    assert.deepEqual(next.since('events'), [])
    next.pass(1)
    assert.deepEqual(next.since('events'), ["gather-ended a valid '1'"])
  })

  it('ends once when its call did not outlive the process', () => {
    const bench = parked()
    bench.ok(gather('a'))
    const next = bench.restarted()
    assert.deepEqual(next.since('events'), [
      "gather-ended a call_hangup ''",
      'leg-ended a unspecified',
    ])
  })

  it('hears a key once that came in two ways', () => {
    const bench = parked()
    bench.ok(gather('a'))
    const info = { kind: 'leg-info-dtmf', legId: id('a'), digit: '5', durationMs: 100 } as const
    bench.fromMedia({ kind: 'media-dtmf', legId: id('a'), digit: '5', inBand: true })
    bench.pass(100)
    bench.fromSip(info)
    bench.pass(500)
    bench.fromSip(info)
    bench.pass(3000)
    assert.equal(bench.since('events').at(-1), "gather-ended a valid '55'")
  })
})

describe('Sent keys', () => {
  const keys = { kind: 'send-dtmf', legId: id('a'), digits: '1w2', durationMs: 200 } as const

  it('are the media engine’s, as events or as tones', () => {
    const bench = parked()
    bench.ok(keys)
    assert.deepEqual(bench.since('media'), ['send-dtmf a 1w2'])
    const tones = parked('Inband')
    tones.ok(keys)
    assert.deepEqual(tones.since('media'), ['send-dtmf a 1w2 as tones'])
    assert.deepEqual([...bench.since('sip'), ...tones.since('sip')], [])
  })

  it('leave as INFO one after the other, as slowly as they are pressed', () => {
    const bench = parked('SIP INFO')
    bench.ok(keys)
    bench.ok({ ...keys, digits: '3' })
    assert.deepEqual(bench.since('sip'), ['send-dtmf-info a'])
    bench.pass(799)
    assert.deepEqual(bench.since('sip'), [])
    bench.pass(1)
    assert.deepEqual(bench.since('sip'), ['send-dtmf-info a'])
    bench.pass(300)
    assert.deepEqual(bench.since('sip'), ['send-dtmf-info a'])
    bench.bye('a')
    bench.pass(10_000)
    assert.deepEqual(
      bench.signals.flatMap((one) => (one.kind === 'send-dtmf-info' ? [one.digit] : [])),
      ['1', '2', '3'],
    )
  })
})
