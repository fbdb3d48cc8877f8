import assert from 'node:assert/strict'
import { test } from 'node:test'

import { estimateMos } from './mos.ts'
import { emptyHeader, looksLikeRtcp, readRtp, writeRtpHeader } from './packet.ts'
import { ReceiverStatistics } from './receiver-statistics.ts'
import { buildReport, compactNtp, readReport, REPORT_BYTES_MAX, roundTripMs } from './rtcp.ts'
import { sequenceDelta, timestampDelta } from './sequence.ts'
import { eventOfKey, KeyReceiver, writeEvent } from './telephone-event.ts'

test('RFC 3550 §5.1: header written and read; CSRC, extension and padding are stepped over', () => {
  const header = emptyHeader()
  const plain = new Uint8Array(14)
  writeRtpHeader(plain, 0, true, 8, 65_535, 0xffff_fff0, 0x8000_0001)
  assert.ok(readRtp(plain, header))
  assert.deepEqual(header, {
    marker: true,
    payloadType: 8,
    sequence: 65_535,
    timestamp: 0xffff_fff0,
    ssrc: 0x8000_0001,
    payloadOffset: 12,
    payloadLength: 2,
  })
  const full = Uint8Array.from([
    ...[0xb1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
    ...[9, 9, 9, 9],
    ...[0xbe, 0xde, 0, 1, 1, 2, 3, 4],
    ...[7, 7, 0, 2],
  ])
  assert.ok(readRtp(full, header))
  assert.deepEqual([header.payloadOffset, header.payloadLength], [24, 2])
})

test('RFC 3550 A.1: what is no RTP is refused, whatever its bytes', () => {
  const header = emptyHeader()
  const bad = [
    [],
    new Array<number>(11).fill(0x80),
    [0x00, ...new Array<number>(20).fill(0)],
    [0x8f, ...new Array<number>(20).fill(0)],
    [0x90, ...new Array<number>(13).fill(0)],
    [0x90, ...new Array<number>(13).fill(0), 0xff, 0xff],
    [0xa0, ...new Array<number>(11).fill(0), 2],
    [0xa0, ...new Array<number>(12).fill(0)],
  ]
  for (const bytes of bad) assert.equal(readRtp(Uint8Array.from(bytes), header), false)
  assert.ok(looksLikeRtcp(Uint8Array.from([0x80, 200, 0, 1, 0, 0, 0, 0])))
  assert.ok(!looksLikeRtcp(Uint8Array.from([0x80, 0x80, 0, 1, 0, 0, 0, 0])))
})

test('numbers that wrap', () => {
  assert.equal(sequenceDelta(65_535, 0), 1)
  assert.equal(sequenceDelta(0, 65_535), -1)
  assert.equal(timestampDelta(0xffff_ff00, 0x100), 0x200)
  assert.equal(timestampDelta(0x100, 0xffff_ff00), -0x200)
})

test('RFC 3550 A.3: loss over wraps, duplicates, reordering and restarts', () => {
  const statistics = new ReceiverStatistics()
  let nowMs = 0
  const receive = (sequence: number, ssrc = 1) => {
    nowMs += 20
    return statistics.receive(ssrc, sequence & 0xffff, nowMs * 8, nowMs, true)
  }
  for (let i = 65_530; i < 65_630; i++) if (i % 10 !== 3) receive(i)
  assert.equal(statistics.packets, 90)
  assert.equal(statistics.lost, 10)
  assert.equal(statistics.extendedHighest, 65_629)
  assert.equal(statistics.takeFractionLost(), Math.floor((10 * 256) / 100))
  assert.equal(statistics.takeFractionLost(), 0)
  // A late one fills its hole; a stray far away is not counted; two in sequence there are a restart.
  receive(65_623)
  assert.equal(statistics.lost, 9)
  assert.equal(receive(30_000), false)
  assert.equal(receive(30_001), true)
  assert.equal(statistics.lost, 9)
  receive(500, 2)
  receive(502, 2)
  assert.equal(statistics.lost, 10)
  assert.equal(statistics.jitterMaxMs, 0)
})

test('RFC 3550 A.8: jitter', () => {
  const statistics = new ReceiverStatistics()
  for (let i = 0; i < 200; i++) {
    const late = i % 2 === 0 ? 0 : 16
    statistics.receive(1, i, i * 160, i * 20 + late, true)
  }
  assert.ok(Math.abs(statistics.jitterMs - 16) < 0.1)
  assert.equal(statistics.jitteryPackets, 0)
  statistics.receive(1, 200, 200 * 160, 200 * 20 + 50, true)
  assert.equal(statistics.jitteryPackets, 1)
})

test('MOS falls with loss and jitter, within 1 to 4.5', () => {
  assert.ok(estimateMos(0, 0) > 4.3)
  assert.ok(estimateMos(0.05, 5) < estimateMos(0.01, 5))
  assert.ok(estimateMos(0, 200) < estimateMos(0, 20))
  assert.equal(estimateMos(1, 10_000), 1)
})

test('RFC 3550 §6.4: reports as built are read; rubbish is not', () => {
  const bytes = new Uint8Array(REPORT_BYTES_MAX)
  const wallMs = Date.UTC(2026, 0, 1, 0, 0, 0, 500)
  const sender = { ssrc: 5, wallMs, timestamp: 99, packets: 3, octets: 480 }
  const block = {
    ssrc: 9,
    fractionLost: 25,
    lost: 1000,
    extendedHighest: 70_000,
    jitterTicks: 44,
    lastReport: compactNtp(wallMs),
    sinceLastReport: 65_536,
  }
  for (const packets of [0, 3]) {
    const length = buildReport(bytes, { ...sender, packets }, block, 'c'.repeat(16), true)
    assert.equal(length % 4, 0)
    const heard = readReport(bytes.subarray(0, length), 9)
    assert.deepEqual(heard, {
      reportTime: packets === 0 ? undefined : compactNtp(wallMs),
      block,
      bye: true,
    })
    assert.equal(readReport(bytes.subarray(0, length), 8)?.block, undefined)
    assert.equal(readReport(bytes.subarray(0, length - 1), 9), undefined)
  }
  assert.equal(roundTripMs(block, wallMs + 1200), (Math.trunc(0.2 * 65_536) * 1000) / 65_536)
  assert.equal(readReport(Uint8Array.from([0x80, 203, 0, 0]), 9), undefined)
  assert.equal(readReport(new Uint8Array(0), 9), undefined)
})

test('RFC 4733: each key once, over duplicates, loss, reordering and long keys', () => {
  const bytes = new Uint8Array(4)
  const keys = new KeyReceiver()
  let nowMs = 0
  const receive = (event: number, timestamp: number, duration: number, end = false, ssrc = 1) => {
    nowMs += 20
    writeEvent(bytes, 0, event, end, duration)
    return keys.receive(bytes, 0, 4, ssrc, timestamp, nowMs)
  }
  // The first packets are lost; the end comes three times.
  assert.equal(receive(5, 1000, 480), '5')
  for (let i = 0; i < 3; i++) assert.equal(receive(5, 1000, 640, true), undefined)
  // The same key again; a late packet of the first one.
  assert.equal(receive(5, 5000, 160), '5')
  assert.equal(receive(5, 1000, 640, true), undefined)
  assert.equal(receive(5, 5000, 640, true), undefined)
  // A key held beyond the duration field goes on in a new segment.
  assert.equal(receive(11, 10_000, 65_535), '#')
  assert.equal(receive(11, 75_535, 160), undefined)
  // Another stream; all ends of the last key were lost.
  assert.equal(receive(11, 75_535, 160, false, 2), '#')
  assert.equal(receive(0, 90_000, 160, false, 2), '0')
  // Flash and other events are no keys; a short payload is nothing.
  assert.equal(receive(16, 95_000, 160, false, 2), undefined)
  assert.equal(keys.receive(bytes, 0, 3, 2, 99_000, nowMs), undefined)
  assert.equal(eventOfKey('d'), 15)
  assert.equal(eventOfKey('*'), 10)
  assert.equal(eventOfKey('x'), undefined)
  assert.equal(eventOfKey('12'), undefined)
})
