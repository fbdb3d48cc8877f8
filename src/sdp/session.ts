// Our side of one leg's offer/answer (RFC 3264): the text that we send, and what both sides agreed on. The state is a
// plain value and every step returns a new one, so that a refused or abandoned offer is rolled back by not keeping
// the step's result. Whose turn it is, glare and retransmission are SIP's business; here is only the content.
//
// One audio stream of G.711, G.722 or Opus, with telephone-event and comfort noise, is ours; every other m-line is answered with port 0 in its place.

// Who uses our declarations needs those of the library too.
/// <reference path="./sdp-transform.d.ts" preserve="true" />

import { write } from 'sdp-transform'
import type { WrittenMedia } from 'sdp-transform'

import { ok, refused } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { ipVersion, isUnspecified } from './address.ts'
import type { Direction, RemoteDescription, RemoteMedia } from './parse.ts'

export type AudioCodec = 'PCMU' | 'PCMA' | 'G722' | 'OPUS'
/** What is allowed when nothing else is said, in the order in which we offer it; Opus is offered when it is asked for. */
export const AUDIO_CODECS: readonly AudioCodec[] = ['PCMU', 'PCMA', 'G722']

/** Our end of the stream and the codecs that we allow, best first when `ordered`. */
export interface LocalEnd {
  readonly address: string
  readonly port: number
  readonly codecs: readonly AudioCodec[]
  /** True: our order decides; false: the order of the peer's offer does (RFC 3264 §6.1 recommends it). */
  readonly ordered: boolean
}

/** What was agreed, in numbers: all that the media thread needs to know. */
export interface Agreement {
  readonly codec: AudioCodec
  /** Payload type that we send audio with; also what the peer sends the agreed codec with. */
  readonly audioPayloadType: number
  /** Every payload type under which audio may arrive. */
  readonly receive: readonly { readonly payloadType: number; readonly codec: AudioCodec }[]
  readonly eventPayloadType: number | undefined
  /** Comfort noise (RFC 3389) that the peer offered or answered with. */
  readonly noisePayloadType: number | undefined
  /** undefined when the peer gave 0.0.0.0 or ::. */
  readonly address: string | undefined
  readonly port: number
  readonly rtcpPort: number
  readonly rtcpMux: boolean
  readonly ptimeMs: number
  /** The peer takes our audio; false is "held". */
  readonly peerReceives: boolean
  readonly peerSends: boolean
  readonly origin: string
}

export interface SdpState {
  /** Below 2^53: a 64-bit NTP value overflowed peers' signed integers. */
  readonly sessionId: number
  readonly version: number
  /** Our last description without its o= version, to know whether the next one differs. */
  readonly last: WrittenMedia[] | undefined
  readonly agreement: Agreement | undefined
  /** Our m-line's place; other m-lines once negotiated stay in place for the life of the leg (RFC 3264 §8). */
  readonly audioPlace: number
}

export interface Described {
  readonly state: SdpState
  readonly sdp: string
}

const EVENT_CODEC = 'TELEPHONE-EVENT'
const OUR_EVENT_TYPE = 101
const NOISE_CODEC = 'CN'
/** RFC 3551 §6, and a dynamic type of ours for Opus. */
const OUR_TYPE: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8, G722: 9, OPUS: 96 }
/** telephone-event of Opus' clock. */
const OUR_WIDE_EVENT_TYPE = 97
const DISCARD_PORT = 9

/** `sessionId`: random, 1 to 2^53 - 1. */
export function newSdpState(sessionId: number): SdpState {
  return { sessionId, version: 1, last: undefined, agreement: undefined, audioPlace: 0 }
}

/** Names of the audio codecs that a peer offers, in its order, each once. */
export function offeredCodecs(offer: RemoteDescription): string[] {
  const names = new Set<string>()
  for (const media of offer.media) {
    if (media.kind !== 'audio' || media.port === 0) continue
    for (const format of media.formats) {
      const name = media.codecs.get(format)?.name
      if (name !== undefined && name !== EVENT_CODEC && name !== NOISE_CODEC) names.add(name)
    }
  }
  return [...names]
}

/** Chooses what to do of an offer, without our address: so that a bad offer is refused before a port is taken. */
export function agreeOnOffer(
  offer: RemoteDescription,
  end: Pick<LocalEnd, 'codecs' | 'ordered'>,
  localAddress: string,
): Result<{ readonly agreement: Agreement; readonly audioPlace: number }, string> {
  let why = 'no audio stream'
  for (const [place, media] of offer.media.entries()) {
    if (media.kind !== 'audio' || media.port === 0) continue
    const agreement = agreeOnMedia(media, offer.origin, end, localAddress, !end.ordered)
    if (agreement.ok) return ok({ agreement: agreement.value, audioPlace: place })
    why = agreement.why
  }
  return refused(why)
}

/** Answers an offer; the answer keeps the offer's m-lines, payload types and order. */
export function answerOffer(
  state: SdpState,
  offer: RemoteDescription,
  end: LocalEnd,
): Result<Described, string> {
  const agreed = agreeOnOffer(offer, end, end.address)
  if (!agreed.ok) return agreed
  const { agreement, audioPlace } = agreed.value
  const media = offer.media.map((line, place) =>
    place === audioPlace
      ? audioLine(end.port, line.protocol, agreement, answerDirection(line))
      : refusedLine(line.kind, line.protocol, line.formats.join(' ')),
  )
  return ok(describe({ ...state, agreement, audioPlace }, end, media))
}

/**
 * Our offer: the first one of a leg, or a new one within it. The latter repeats our last description, asking for
 * audio both ways again; when nothing was held it is the same text (a session refresh, RFC 4028 §7.4).
 */
export function makeOffer(state: SdpState, end: LocalEnd): Described {
  const media = state.last?.map((line, place) =>
    place === state.audioPlace ? { ...line, direction: 'sendrecv' } : line,
  )
  return describe(state, end, media ?? [firstOfferLine(end)])
}

function firstOfferLine(end: LocalEnd): WrittenMedia {
  const rtp: RtpMap[] = end.codecs.map((codec) => rtpMap(codec, OUR_TYPE[codec]))
  const fmtp = end.codecs.includes('OPUS') ? [opusParameters(OUR_TYPE.OPUS)] : []
  rtp.push(eventMap(OUR_EVENT_TYPE, 8000))
  fmtp.push({ payload: OUR_EVENT_TYPE, config: '0-15' })
  if (end.codecs.includes('OPUS')) {
    rtp.push(eventMap(OUR_WIDE_EVENT_TYPE, 48_000))
    fmtp.push({ payload: OUR_WIDE_EVENT_TYPE, config: '0-15' })
  }
  return {
    type: 'audio',
    port: end.port,
    protocol: 'RTP/AVP',
    payloads: rtp.map(({ payload }) => payload).join(' '),
    rtp,
    fmtp,
    ptime: 20,
    direction: 'sendrecv',
  }
}

interface RtpMap {
  payload: number
  codec: string
  rate: number
  encoding?: number
}

/** G.722 says 8000 though it is 16000 (RFC 3551 §4.5.2), Opus always says 48000/2 (RFC 7587 §4.1). */
function rtpMap(codec: AudioCodec, payload: number): RtpMap {
  return codec === 'OPUS'
    ? { payload, codec: 'opus', rate: 48_000, encoding: 2 }
    : { payload, codec, rate: 8000 }
}

/** RFC 7587 §6.1: we give and take no more than 16 kHz, mono. */
function opusParameters(payload: number): { payload: number; config: string } {
  return { payload, config: 'maxplaybackrate=16000;sprop-maxcapturerate=16000;stereo=0' }
}

function eventMap(payload: number, rate: number): RtpMap {
  return { payload, codec: 'telephone-event', rate }
}

/** Takes the peer's answer to `makeOffer`'s text; several answers (early, then final) may follow each other. */
export function acceptAnswer(
  state: SdpState,
  answer: RemoteDescription,
  end: LocalEnd,
): Result<SdpState, string> {
  const media = answer.media[state.audioPlace]
  if (media === undefined || media.kind !== 'audio') return refused('answer without our stream')
  if (media.port === 0) return refused('the peer refused the stream')
  // The answerer's order decides what we send (RFC 3264 §7).
  const agreed = agreeOnMedia(media, answer.origin, { ...end, ordered: false }, end.address)
  if (!agreed.ok) return agreed
  // Multiplexing that we did not offer is not in force (RFC 5761 §5.1.1).
  const muxOffered = state.last?.[state.audioPlace]?.rtcpMux !== undefined
  const rtcp = muxOffered ? {} : { rtcpMux: false, rtcpPort: media.rtcpPort ?? media.port + 1 }
  return ok({ ...state, agreement: { ...agreed.value, ...rtcp } })
}

function agreeOnMedia(
  media: RemoteMedia,
  origin: string,
  end: Pick<LocalEnd, 'codecs' | 'ordered'>,
  localAddress: string,
  opusLast = false,
): Result<Agreement, string> {
  // SRTP and DTLS profiles need keys that this engine does not have.
  if (!/^RTP\/AVPF?$/i.test(media.protocol)) return refused(`transport ${media.protocol}`)
  if (media.address === undefined) return refused('no usable address')
  const hold = isUnspecified(media.address)
  if (media.ice && (hold || media.port === DISCARD_PORT))
    return refused('reachable through ICE only')
  if (!hold && media.ipVersion !== ipVersion(localAddress)) return refused('IP version')
  const receive = usableFormats(media, end.codecs)
  if (end.ordered) receive.sort((a, b) => end.codecs.indexOf(a.codec) - end.codecs.indexOf(b.codec))
  // It costs many times what the others do, and nobody asked for it (C172).
  const cheap = opusLast ? receive.find(({ codec }) => codec !== 'OPUS') : undefined
  const chosen = cheap ?? receive[0]
  if (chosen === undefined) return refused('no common codec')
  return ok({
    codec: chosen.codec,
    audioPayloadType: chosen.payloadType,
    receive,
    eventPayloadType: formatOf(media, EVENT_CODEC, clockOf(chosen.codec)),
    noisePayloadType: formatOf(media, NOISE_CODEC, 8000),
    address: hold ? undefined : media.address,
    port: media.port,
    rtcpPort: media.rtcpPort ?? (media.rtcpMux ? media.port : media.port + 1),
    rtcpMux: media.rtcpMux,
    ptimeMs: media.ptimeMs,
    peerReceives: !hold && (media.direction === 'sendrecv' || media.direction === 'recvonly'),
    peerSends: !hold && (media.direction === 'sendrecv' || media.direction === 'sendonly'),
    origin,
  })
}

function usableFormats(
  media: RemoteMedia,
  allowed: readonly AudioCodec[],
): { payloadType: number; codec: AudioCodec }[] {
  const usable: { payloadType: number; codec: AudioCodec }[] = []
  for (const format of media.formats) {
    const remote = media.codecs.get(format)
    const codec = allowed.find((name) => name === remote?.name)
    // A missing rate of a static type is read as 8000; a wide-band G.711.1 or 16 kHz variant is another codec.
    if (codec === undefined || remote === undefined) continue
    if (remote.rate !== clockOf(codec) && !Number.isNaN(remote.rate)) continue
    usable.push({ payloadType: Number(format), codec })
  }
  return usable
}

function formatOf(media: RemoteMedia, name: string, rate: number): number | undefined {
  for (const format of media.formats) {
    const remote = media.codecs.get(format)
    if (remote?.name === name && remote.rate === rate) return Number(format)
  }
  return undefined
}

function clockOf(codec: AudioCodec): number {
  return codec === 'OPUS' ? 48_000 : 8000
}

function answerDirection(offered: RemoteMedia): Direction {
  if (offered.direction === 'inactive') return 'inactive'
  if (offered.direction === 'sendonly' || isUnspecified(offered.address ?? '')) return 'recvonly'
  return offered.direction === 'recvonly' ? 'sendonly' : 'sendrecv'
}

/** Parameters of the peer's fmtp lines are never echoed: we would promise what we do not do. */
function audioLine(
  port: number,
  protocol: string,
  agreement: Agreement,
  direction: Direction,
): WrittenMedia {
  const { audioPayloadType, codec, eventPayloadType, noisePayloadType } = agreement
  const rtp = [rtpMap(codec, audioPayloadType)]
  const fmtp = codec === 'OPUS' ? [opusParameters(audioPayloadType)] : []
  if (noisePayloadType !== undefined) {
    rtp.push({ payload: noisePayloadType, codec: NOISE_CODEC, rate: 8000 })
  }
  if (eventPayloadType !== undefined) {
    rtp.push(eventMap(eventPayloadType, clockOf(codec)))
    fmtp.push({ payload: eventPayloadType, config: '0-15' })
  }
  return {
    type: 'audio',
    port,
    protocol,
    payloads: rtp.map(({ payload }) => payload).join(' '),
    rtp,
    fmtp,
    ptime: agreement.ptimeMs,
    direction,
    ...(agreement.rtcpMux ? { rtcpMux: 'rtcp-mux' } : {}),
  }
}

function refusedLine(type: string, protocol: string, payloads: string): WrittenMedia {
  return { type, port: 0, protocol, payloads: payloads === '' ? '0' : payloads, rtp: [], fmtp: [] }
}

/** Version + 1 per change, the same text otherwise (RFC 3264 §8). */
function describe(state: SdpState, end: LocalEnd, media: WrittenMedia[]): Described {
  const changed = state.last !== undefined && JSON.stringify(state.last) !== JSON.stringify(media)
  const version = changed ? state.version + 1 : state.version
  const family = ipVersion(end.address) ?? 4
  const sdp = write({
    version: 0,
    origin: {
      username: '-',
      sessionId: state.sessionId,
      sessionVersion: version,
      netType: 'IN',
      ipVer: family,
      address: end.address,
    },
    name: '-',
    connection: { version: family, ip: end.address },
    timing: { start: 0, stop: 0 },
    media,
  })
  return { state: { ...state, version, last: media }, sdp }
}
