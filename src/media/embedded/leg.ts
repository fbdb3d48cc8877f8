// One leg in the media thread: its pair of sockets, its sender, what it hears, and what is learnt from what arrives.
// The engine calls `tick` every 20 ms; packets of the peer are handled when they come, and those that another leg
// hears go out at once. What a leg hears is `base`; a playback lies over it and ends, then the base goes on.

import type { ConferenceId, LegId, PlaybackId } from '../../base/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DatagramPeer, DatagramSocket } from '../../ports/datagrams.ts'
import type { MediaInput } from '../../ports/media-engine.ts'
import type { Random } from '../../ports/random.ts'
import type { Agreement } from '../../sdp/session.ts'
import { isWide } from '../audio/codec.ts'
import { emptyHeader, looksLikeRtcp, readRtp } from '../rtp/packet.ts'
import { ReceiverStatistics } from '../rtp/receiver-statistics.ts'
import { Allowances } from './allowances.ts'
import type { ClipPlayer } from './clip-player.ts'
import type { ConferenceMix } from './conference-mix.ts'
import { KeySender } from './key-sender.ts'
import { Latch } from './latch.ts'
import { Listening } from './listening.ts'
import type { PacketKind } from './listening.ts'
import type { FormerLife, RtpMark } from './protocol.ts'
import { feedOverlay } from './overlay.ts'
import { PressedKeys } from './pressed-keys.ts'
import { LegColumn } from './quality-table.ts'
import type { FormerPeer } from './port-pool.ts'
import type { QualityTable } from './quality-table.ts'
import { RtcpSession } from './rtcp-session.ts'
import { SampledLevels } from './sampled-levels.ts'
import { RtpSender } from './sender.ts'
import type { RtpIdentity } from './sender.ts'
import { KEY_TAP, LegTaps, makeTap } from './tap.ts'
import type { TapSpec } from './tap.ts'
import { layersOver, VoiceLayer } from './voice-layer.ts'

/** After this much silence another source may prove itself: the peer's NAT may have moved it. */
const RELATCH_SILENCE_MS = 5000
export type Base =
  | { readonly kind: 'silence' }
  | { readonly kind: 'clip'; readonly player: ClipPlayer }
  | {
      readonly kind: 'leg'
      readonly from: MediaLeg
      readonly passKeys: boolean
      readonly linked: boolean
    }
  | {
      readonly kind: 'mix'
      readonly mix: ConferenceMix
      readonly conferenceId: ConferenceId
      /** Of a bridge that is supervised: the other side, whose keys are pressed again here. */
      readonly partner?: Partner
    }

interface AwaitedMix {
  readonly base: Extract<Base, { kind: 'mix' }>
  ticks: number
}

/** The far side of a link. */
export interface Partner {
  readonly from: MediaLeg
  readonly passKeys: boolean
}

export interface Playback {
  readonly playbackId: PlaybackId
  readonly player: ClipPlayer
  told: boolean
}

/** What the engine gives each leg. */
export interface LegContext {
  readonly clock: Clock
  readonly random: Random
  readonly table: QualityTable
  readonly silentAfterMs: number
  emit(input: MediaInput): void
  /** An exception in this leg's work: the leg ends, the others go on. */
  fail(leg: MediaLeg, error: unknown): void
  /** A tap threw; it is gone and the leg goes on. */
  tapFailed(legId: LegId, tapId: string, error: unknown): void
  /** The leg's source or peer changed: where its stream stands is told after the next tick. */
  moved(leg: MediaLeg): void
}

export interface SocketPair {
  readonly rtp: DatagramSocket
  readonly rtcp: DatagramSocket
}

/** A mix is waited for so long: a partner who says nothing never comes out of it. */
const MIX_WAIT_TICKS = 10
/** A key of the other side of a supervised bridge, pressed again. */
const RELAYED_KEY_MS = 100

const silence: Base = { kind: 'silence' }

export class MediaLeg {
  readonly legId: LegId
  readonly slot: number
  readonly sender: RtpSender
  readonly statistics = new ReceiverStatistics()
  readonly keys = new KeySender()
  /** Legs that hear this one. */
  readonly listeners: MediaLeg[] = []
  playback: Playback | undefined
  /** Mixed over the playback, or over the base. */
  overlay: Playback | undefined
  /** A mix that hears this leg though the leg itself may hear something else: that of a supervised bridge. */
  feeds: ConferenceMix | undefined
  /** What the leg will hear as soon as the voice that it hears now comes out of the mix, too. */
  #next: AwaitedMix | undefined
  #base: Base = silence
  readonly #context: LegContext
  readonly #latch = new Latch()
  readonly #rtcp: RtcpSession
  readonly #header = emptyHeader()
  readonly #kinds: PacketKind[] = new Array<PacketKind>(128).fill('other')
  #sockets: SocketPair | undefined
  #formerPeers: readonly FormerPeer[] | undefined
  #connected = false
  #agreement: Agreement | undefined
  #started = false
  #rtcpAddress = ''
  #rtcpPort = 0
  #heardMs = 0
  #silentTold = false
  /** Of a former process, and nothing has arrived since. */
  #unheard = false
  #foreign = 0
  #malformed = 0
  readonly #allowances = new Allowances()
  readonly #pressed = new PressedKeys(this.#allowances, (key) => this.#tellKey(key))
  readonly #levels = new SampledLevels()
  #taps: LegTaps | undefined
  readonly #listening = new Listening()
  /** What a stream says, over everything. */
  readonly voice = new VoiceLayer()

  constructor(legId: LegId, slot: number, identity: RtpIdentity, context: LegContext) {
    this.legId = legId
    this.slot = slot
    this.#context = context
    const nowMs = context.clock.monotonicMs()
    this.sender = new RtpSender(identity, nowMs, (packet) => this.#transmit(packet))
    this.#rtcp = new RtcpSession(context.random, nowMs)
    context.table.clear(slot)
  }

  get base(): Base {
    return this.#base
  }

  /** Whom this leg sends to, once known. */
  get peer(): DatagramPeer | undefined {
    const { address, port } = this.#latch
    return address === '' ? undefined : { address, port }
  }

  attach(sockets: SocketPair, formerPeers: readonly FormerPeer[] | undefined): void {
    this.#sockets = sockets
    this.#formerPeers = formerPeers
    this.#refresh()
  }

  /** Goes on where a former process stopped; audio that arrives is told once, by `rtp-heard`. */
  resume(former: FormerLife): void {
    if (former.agreement !== undefined) this.negotiate(former.agreement, true)
    if (former.peer !== undefined) {
      const { address, port } = former.peer
      this.#latch.resume(address, port, this.#context.clock.monotonicMs())
    }
    this.#unheard = true
    if (former.started) this.start()
  }

  /** Where the outgoing stream stands. */
  mark(): RtpMark {
    const { clock } = this.#context
    const position = this.sender.position(clock.monotonicMs())
    return { legId: this.legId, ...position, atMs: clock.wallMs(), peer: this.peer }
  }

  get started(): boolean {
    return this.#started
  }

  /** What was negotiated; a failed re-offer never comes here. */
  negotiate(agreement: Agreement, relearn: boolean): void {
    const nowMs = this.#context.clock.monotonicMs()
    const { address, port, rtcpPort } = agreement
    this.#latch.expect(address, port, relearn, nowMs)
    if (!this.#latch.closed) this.#disconnect()
    if (address !== undefined) {
      this.#rtcpAddress = address
      this.#rtcpPort = rtcpPort
    }
    this.#kinds.fill('other')
    // Static types are understood even when the answer named another codec first.
    this.#kinds[0] = 'PCMU'
    this.#kinds[8] = 'PCMA'
    for (const { payloadType, codec } of agreement.receive) this.#kinds[payloadType] = codec
    const { codec, audioPayloadType, eventPayloadType, noisePayloadType, ptimeMs } = agreement
    if (eventPayloadType !== undefined) this.#kinds[eventPayloadType] = 'event'
    if (noisePayloadType !== undefined) this.#kinds[noisePayloadType] = 'noise'
    this.sender.configure(codec, audioPayloadType, eventPayloadType, ptimeMs)
    // One way or the other, never both: nothing is counted twice.
    if (eventPayloadType !== undefined) this.detachTap(KEY_TAP)
    else if (this.#taps?.has(KEY_TAP) !== true) this.attachTap(KEY_TAP, { kind: 'keys' })
    this.statistics.perMs = this.sender.perMs
    if (this.#agreement?.peerSends !== agreement.peerSends) {
      // What was told before a hold is over: after it silence counts, and is told, anew.
      this.#heardMs = nowMs
      this.#silentTold = false
    }
    this.#agreement = agreement
    this.#refresh()
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#context.moved(this)
    this.#heardMs = this.#context.clock.monotonicMs()
    this.#refresh()
    this.#pressed.start(this.#heardMs)
  }

  /** Replaces what the leg hears when nothing is played. */
  hear(base: Base): void {
    const old = this.#base
    this.#next = undefined
    const listened = listenedTo(old)
    if (listened !== undefined) {
      const place = listened.listeners.indexOf(this)
      if (place >= 0) listened.listeners.splice(place, 1)
    }
    if (old.kind === 'mix' && (base.kind !== 'mix' || base.mix !== old.mix)) {
      if (this.feeds !== old.mix) old.mix.leave(this.legId)
    }
    listenedTo(base)?.listeners.push(this)
    this.#base = base
    this.#listening.reset()
    this.#context.moved(this)
    if (this.playback === undefined) this.sender.mark()
  }

  /** The same without a gap: a mix takes a moment until a voice comes out of it. */
  hearSoon(base: Extract<Base, { kind: 'mix' }>): void {
    this.#next = { base, ticks: 0 }
  }

  /** `hearSoon` is taken back. */
  stayWithBase(): void {
    this.#next = undefined
  }

  hearSilence(): void {
    this.hear(silence)
  }

  play(playback: Playback): void {
    this.playback = playback
    this.#context.moved(this)
    this.sender.mark()
  }

  /** In either layer. */
  playerOf(playbackId: PlaybackId): ClipPlayer | undefined {
    const layers = [this.playback, this.overlay]
    return layers.find((one) => one?.playbackId === playbackId)?.player
  }

  /** Either layer; another playback that has taken its place goes on. */
  stopPlayback(playbackId: PlaybackId): void {
    if (this.overlay?.playbackId === playbackId) this.overlay = undefined
    if (this.playback?.playbackId !== playbackId) return
    this.playback = undefined
    this.#context.moved(this)
    this.sender.mark()
  }

  /** The tap hears both directions from the next tick on. */
  attachTap(tapId: string, spec: TapSpec): void {
    const { clock, emit } = this.#context
    const context = { legId: this.legId, emit, nowMs: () => clock.monotonicMs() }
    this.#taps ??= new LegTaps()
    this.sender.taps = this.#taps
    this.#taps.attach(tapId, makeTap(spec, context))
  }

  detachTap(tapId: string): void {
    this.#taps?.detach(tapId)
    this.#dropEmptyTaps()
  }

  /** Ticks that are left out because we stood still: they are no silence of the peer's. */
  skipTicks(count: number, countMs: number): void {
    this.sender.skipTicks(count)
    this.#heardMs = Math.min(this.#context.clock.monotonicMs(), this.#heardMs + countMs)
  }

  /** One 20 ms step; `dueMs` is its nominal time. */
  tick(dueMs: number): void {
    this.#levels.tick()
    if (this.#started) {
      if (this.#next !== undefined) this.#awaitMix(this.#next)
      if (!this.keys.tick(this.sender, dueMs)) this.#feed(dueMs)
      this.#watchSilence(dueMs)
      if (this.#taps !== undefined) this.#tickTaps(this.#taps)
      if (this.#rtcp.due(dueMs)) this.#report(false)
    }
    this.publish()
  }

  /** Ends the leg: BYE goes out (with `farewell`), sockets close. The caller takes care of the port. */
  end(farewell: boolean): SocketPair | undefined {
    this.hearSilence()
    this.playback = undefined
    this.overlay = undefined
    this.#taps?.end()
    this.#dropEmptyTaps()
    if (farewell) {
      if (this.#started) this.#report(true)
      this.publish()
    }
    const sockets = this.#sockets
    this.#sockets = undefined
    this.#refresh()
    sockets?.rtp.close()
    sockets?.rtcp.close()
    return sockets
  }

  /** Writes the leg's figures where the signalling thread reads them. */
  publish(): void {
    const { table } = this.#context
    const { slot, statistics, sender } = this
    table.set(slot, LegColumn.inPackets, statistics.packets)
    table.set(slot, LegColumn.lost, statistics.lost)
    table.set(slot, LegColumn.jittery, statistics.jitteryPackets)
    table.set(slot, LegColumn.jitterMaxMs, statistics.jitterMaxMs)
    table.set(slot, LegColumn.jitterMs, statistics.jitterMs)
    table.set(slot, LegColumn.outPackets, sender.packets)
    table.set(slot, LegColumn.outSkipped, sender.skipped)
    table.set(slot, LegColumn.remoteLost, this.#rtcp.remoteLost)
    table.set(slot, LegColumn.remoteJitterMs, this.#rtcp.remoteJitterMs)
    table.set(slot, LegColumn.roundTripMs, this.#rtcp.roundTripMs)
    table.set(slot, LegColumn.foreign, this.#foreign)
    table.set(slot, LegColumn.malformed, this.#malformed)
    this.#levels.publish(table, slot)
  }

  /** A datagram on the RTP port. */
  onRtp(bytes: Uint8Array, from: DatagramPeer): void {
    const nowMs = this.#context.clock.monotonicMs()
    if (looksLikeRtcp(bytes)) {
      this.onRtcp(bytes, from)
      return
    }
    const header = this.#header
    if (!readRtp(bytes, header)) {
      this.#malformed++
      return
    }
    const { address, port } = from
    const kind = header.payloadLength === 0 ? 'other' : this.#kinds[header.payloadType]!
    if (
      this.#agreement === undefined ||
      this.#isFormer(address, port, nowMs) ||
      !this.#accept(address, port, nowMs) ||
      // A caller that floods us must not flood the agent through us.
      !this.#allowances.takesPacket(kind === 'event', nowMs)
    ) {
      this.#foreign++
      return
    }
    const { ssrc, sequence, timestamp } = header
    this.statistics.receive(ssrc, sequence, timestamp, nowMs, kind !== 'event')
    this.#heardMs = nowMs
    if (this.#silentTold || this.#unheard) {
      this.#silentTold = false
      this.#unheard = false
      this.#context.emit({ kind: 'rtp-heard', legId: this.legId })
    }
    if (kind === 'event') this.#pressed.hear(header, bytes, nowMs)
    else if (kind !== 'other') {
      this.#levels.hear(bytes, header.payloadOffset, header.payloadLength, kind)
      const mix = this.#base.kind === 'mix' ? this.#base.mix : this.feeds
      mix?.put(this.legId, header, bytes, kind)
      this.#taps?.hear(header, bytes, kind)
    }
    for (const listener of this.listeners) {
      try {
        listener.#hearPacket(header, bytes, kind, nowMs)
      } catch (error) {
        this.#context.fail(listener, error)
      }
    }
  }

  /** A datagram on the RTCP port, or RTCP on the RTP port. */
  onRtcp(bytes: Uint8Array, from: DatagramPeer): void {
    if (from.address !== this.#latch.address) {
      this.#foreign++
      return
    }
    const { clock } = this.#context
    if (!this.#rtcp.hear(bytes, this.sender, clock.monotonicMs(), clock.wallMs())) {
      this.#malformed++
    } else if (this.#agreement?.rtcpMux !== true) {
      this.#rtcpAddress = from.address
      this.#rtcpPort = from.port
    }
  }

  #tellKey(key: string): void {
    this.#context.emit({ kind: 'media-dtmf', legId: this.legId, digit: key })
    for (const listener of this.listeners) listener.#hearKey(key)
  }

  /** A key of the other side of a bridge whose packets do not go through as they are: it is pressed again here. */
  #hearKey(key: string): void {
    const base = this.#base
    const partner = base.kind === 'mix' ? base.partner : undefined
    const passKeys = base.kind === 'leg' ? this.#mustPress && base.passKeys : partner?.passKeys
    if (passKeys === true) this.keys.add(key, RELAYED_KEY_MS)
  }

  /** Keys do not reach the peer as the packets that they came in. */
  get #mustPress(): boolean {
    return this.#listening.transcodes || this.sender.eventPayloadType === undefined
  }

  #awaitMix(next: AwaitedMix): void {
    const { mix, partner } = next.base
    next.ticks++
    if (partner === undefined || mix.flows(partner.from.legId) || next.ticks > MIX_WAIT_TICKS) {
      this.hear(next.base)
    }
  }

  /** A packet of the leg that this one listens to. */
  #hearPacket(
    header: Readonly<ReturnType<typeof emptyHeader>>,
    bytes: Uint8Array,
    kind: PacketKind,
    nowMs: number,
  ): void {
    const base = this.#base
    if (base.kind !== 'leg' || this.keys.pressing) return
    if (this.playback !== undefined || this.overlay !== undefined || this.voice.speaking) return
    const passing = kind === 'event' && !base.passKeys ? 'other' : kind
    this.#listening.hear(this.sender, header, bytes, passing, nowMs)
  }

  #feed(dueMs: number): void {
    const { sender } = this
    const playback = this.#sounding(this.playback)?.player
    const overlay = layersOver(this.#sounding(this.overlay)?.player, this.voice)
    if (overlay !== undefined) {
      feedOverlay(sender, overlay, playback ?? this.#mixFrame(), dueMs)
    } else if (playback !== undefined) playback.feed(sender, dueMs)
    else this.#feedBase(dueMs)
  }

  /** The playback while it has something to say. Its end is told one tick after its last frame left: now it was heard. */
  #sounding(playback: Playback | undefined): Playback | undefined {
    if (playback === undefined) return undefined
    if (!playback.player.ended) {
      if (!playback.told) this.#tellStarted(playback)
      return playback
    }
    const { legId } = this
    const { playbackId } = playback
    this.stopPlayback(playbackId)
    const ended = { legId, playbackId, status: 'completed', detail: '' } as const
    this.#context.emit({ kind: 'playback-ended', ...ended })
    return undefined
  }

  /** What lies below an overlay when nothing is played: a mix; a bridge is not heard meanwhile, as under a playback (C130). */
  #mixFrame(): Int16Array | undefined {
    const base = this.#base
    if (base.kind !== 'mix') return undefined
    return base.mix.soundFor(this.legId, isWide(this.sender.codec))
  }

  #feedBase(dueMs: number): void {
    const { sender } = this
    const base = this.#base
    switch (base.kind) {
      case 'silence':
        sender.feedSilence(dueMs)
        return
      case 'clip':
        base.player.feed(sender, dueMs)
        return
      case 'leg':
        this.#listening.feed(sender, dueMs)
        return
      case 'mix':
        base.mix.feed(this.legId, sender, dueMs)
        return
    }
  }

  #tickTaps(taps: LegTaps): void {
    const base = this.#base
    const mix = base.kind === 'mix' && this.playback === undefined ? base.mix : undefined
    taps.heardMix(mix, this.legId)
    taps.tick((tapId, error) => this.#context.tapFailed(this.legId, tapId, error))
    this.#dropEmptyTaps()
  }

  #dropEmptyTaps(): void {
    if (this.#taps?.size !== 0) return
    this.#taps = undefined
    this.sender.taps = undefined
  }

  #tellStarted(playback: Playback): void {
    playback.told = true
    const { legId } = this
    this.#context.emit({ kind: 'playback-started', legId, playbackId: playback.playbackId })
  }

  #watchSilence(nowMs: number): void {
    if (this.#agreement?.peerSends !== true) return
    const silentMs = nowMs - this.#heardMs
    if (silentMs >= RELATCH_SILENCE_MS && this.#latch.closed) {
      this.#latch.reopen(nowMs)
      this.#disconnect()
    }
    if (silentMs < this.#context.silentAfterMs || this.#silentTold) return
    this.#silentTold = true
    this.#context.emit({ kind: 'rtp-silent', legId: this.legId, silentMs: Math.round(silentMs) })
  }

  #accept(address: string, port: number, nowMs: number): boolean {
    const latch = this.#latch
    const wasClosed = latch.closed
    const { address: formerAddress, port: formerPort } = latch
    const accepted = latch.accept(address, port, this.#header.sequence, nowMs)
    if (latch.port !== formerPort || latch.address !== formerAddress) this.#context.moved(this)
    // From here on the kernel drops everybody else.
    if (latch.closed && !wasClosed && this.#sockets !== undefined) {
      this.#sockets.rtp.connect(latch.port, latch.address)
      this.#connected = true
    }
    return accepted
  }

  #isFormer(address: string, port: number, nowMs: number): boolean {
    const former = this.#formerPeers
    if (former === undefined || this.#latch.isExpected(address, port)) return false
    for (const peer of former) {
      // Only for its minute: behind NAT the same phone may be the next caller on this port.
      if (peer.port === port && peer.address === address) return nowMs < peer.untilMs
    }
    return false
  }

  #disconnect(): void {
    if (!this.#connected) return
    this.#connected = false
    this.#sockets?.rtp.disconnect()
  }

  #refresh(): void {
    const ready = this.#started && this.#sockets !== undefined && this.#latch.address !== ''
    this.sender.sending = ready && this.#agreement?.peerReceives === true
  }

  #transmit(packet: Uint8Array): boolean {
    const socket = this.#sockets?.rtp
    if (socket === undefined || socket.queuedPackets() > 0) return false
    this.#levels.sent(packet)
    if (this.#connected) socket.sendConnected(packet)
    else socket.send(packet, this.#latch.port, this.#latch.address)
    return true
  }

  #report(bye: boolean): void {
    const sockets = this.#sockets
    if (sockets === undefined || this.#latch.address === '') return
    const { clock } = this.#context
    const nowMs = clock.monotonicMs()
    const packet = this.#rtcp.build(this.sender, this.statistics, nowMs, clock.wallMs(), bye)
    if (this.#agreement?.rtcpMux === true) this.#transmit(packet)
    else if (this.#rtcpPort > 0) sockets.rtcp.send(packet, this.#rtcpPort, this.#rtcpAddress)
  }
}

/** The leg whose packets a base is about. */
function listenedTo(base: Base): MediaLeg | undefined {
  if (base.kind === 'leg') return base.from
  return base.kind === 'mix' ? base.partner?.from : undefined
}
