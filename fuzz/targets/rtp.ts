// What arrives on an RTP port: packets, reports and keys pressed. Inputs are one datagram each.

import { Hearing } from '../../src/media/embedded/hearing.ts'
import { emptyHeader, looksLikeRtcp, readRtp } from '../../src/media/rtp/packet.ts'
import { buildReport, readReport, REPORT_BYTES_MAX, roundTripMs } from '../../src/media/rtp/rtcp.ts'
import { KeyReceiver, writeEvent } from '../../src/media/rtp/telephone-event.ts'
import { recordedEvents, recordedRtcp, recordedRtp } from '../corpus.ts'
import type { FuzzTarget } from '../target.ts'

const plain = Uint8Array.from([
  0x80,
  0,
  0,
  1,
  0,
  0,
  0,
  160,
  1,
  2,
  3,
  4,
  ...new Array<number>(160).fill(0xd5),
])
const extended = Uint8Array.from([
  ...[0xb2, 0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 0, 0, 0, 5, 0, 0, 0, 6],
  ...[0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0, 1, 2, 3, 4, 0, 0, 0, 4],
])

export function rtpTarget(): FuzzTarget {
  const header = emptyHeader()
  const hearings = [new Hearing(), new Hearing(), new Hearing()] as const
  return {
    name: 'rtp',
    seeds: [plain, extended, plain.subarray(0, 12), ...recordedRtp],
    shape: 'bytes',
    costMs: 5,
    bytesMax: 65_535,
    run(input) {
      looksLikeRtcp(input)
      if (!readRtp(input, header)) return
      const { payloadOffset, payloadLength } = header
      if (payloadOffset < 12 || payloadLength < 0 || payloadOffset + payloadLength > input.length)
        throw new Error('the payload lies outside its packet')
      const [ulaw, g722, noisy] = hearings
      ulaw.put(header, input, 'PCMU')
      g722.put(header, input, 'G722')
      noisy.put(header, input, 'PCMA')
      noisy.putNoise(header, input)
      for (const hearing of hearings) {
        hearing.take()
        if (hearing.narrow().length !== 160) throw new Error('a frame is 160 samples')
      }
    },
  }
}

export function rtcpTarget(): FuzzTarget {
  const own = new Uint8Array(REPORT_BYTES_MAX)
  const block = {
    ssrc: 9,
    fractionLost: 1,
    lost: -1,
    extendedHighest: 2,
    jitterTicks: 3,
    lastReport: 4,
    sinceLastReport: 5,
  }
  const length = buildReport(
    own,
    { ssrc: 7, wallMs: 1e12, timestamp: 1, packets: 1, octets: 160 },
    block,
    'a@b',
    true,
  )
  const silent = new Uint8Array(REPORT_BYTES_MAX)
  const silentLength = buildReport(
    silent,
    { ssrc: 7, wallMs: 1e12, timestamp: 1, packets: 0, octets: 0 },
    undefined,
    'c',
    false,
  )
  return {
    name: 'rtcp',
    seeds: [own.slice(0, length), silent.slice(0, silentLength), ...recordedRtcp],
    shape: 'bytes',
    costMs: 5,
    bytesMax: 65_535,
    run(input) {
      const heard = readReport(input, 9)
      if (heard?.block === undefined) return
      if (heard.block.lost < -(2 ** 23) || heard.block.lost >= 2 ** 23)
        throw new Error('a 24-bit number left its range')
      roundTripMs(heard.block, 1e12)
    },
  }
}

export function telephoneEventTarget(): FuzzTarget {
  const key = new Uint8Array(4)
  writeEvent(key, 0, 5, false, 160)
  const last = new Uint8Array(4)
  writeEvent(last, 0, 5, true, 800)
  const receiver = new KeyReceiver()
  let nowMs = 0
  return {
    name: 'telephone-event',
    seeds: [key, last, Uint8Array.from([...key, ...last, ...key]), ...recordedEvents],
    shape: 'bytes',
    costMs: 5,
    bytesMax: 2048,
    run(input, random) {
      nowMs += 20
      const at = random.below(input.length + 1)
      const said = receiver.receive(
        input,
        at,
        input.length - at,
        random.below(3),
        random.below(2 ** 32),
        nowMs,
      )
      if (said !== undefined && !/^[0-9*#A-D]$/.test(said))
        throw new Error('a key that no phone has')
    },
  }
}
