// The embedded media engine as call logic sees it: the signalling thread's half. It reads and writes SDP, loads audio,
// and turns commands into numbers for the media thread, one batch per turn (a link is posted at once). All audio
// happens on the other side of `worker`.

import { ChangedRows } from '../../base/changed-rows.ts'
import { brandAs } from '../../base/ids.ts'
import type { LegId } from '../../base/ids.ts'
import { refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { Log } from '../../ports/log.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DatagramPeer } from '../../ports/datagrams.ts'
import type { DurableMedia, RestoredMedia, StoredRow } from '../../ports/durable.ts'
import type {
  MediaCapabilities,
  MediaCommand,
  MediaEngine,
  MediaInput,
  MediaQuality,
  MediaSource,
} from '../../ports/media-engine.ts'
import type { MeasuredMedia, MediaFigures } from '../../ports/media-figures.ts'
import type { Random } from '../../ports/random.ts'
import type { Timers } from '../../ports/timers.ts'
import type { StateChange } from '../../ports/store.ts'
import { parseDescription } from '../../sdp/parse.ts'
import type { RemoteDescription } from '../../sdp/parse.ts'
import {
  acceptAnswer,
  agreeOnOffer,
  answerOffer,
  makeOffer,
  newSdpState,
  offeredCodecs,
} from '../../sdp/session.ts'
import type { Agreement, AudioCodec, LocalEnd, SdpState } from '../../sdp/session.ts'
import type { AudioClip } from '../audio/clip.ts'
import { ClipShelf } from './clip-shelf.ts'
import { allowedCodecs, answerChoices, textsOf } from './codec-choice.ts'
import type { AnswerChoices } from './codec-choice.ts'
import { figuresOf, qualityOf } from './figures.ts'
import { LegPlayback } from './leg-playback.ts'
import type { LegPlaybackParts } from './leg-playback.ts'
import { MixCommands } from './mix-commands.ts'
import type { MediaWorkerPort, WorkerCommand, WorkerEvent, WorkerSource } from './protocol.ts'
import { latestPlace, placeOf, placesRowId } from './rows.ts'
import { randomIdentity, randomSessionId, resumedIdentity } from './rows.ts'
import type { MediaRow, PlacesRow, StreamPlace } from './rows.ts'
import { MACHINE_TAP } from './tap.ts'
import type { QualityTable } from './quality-table.ts'

export interface EmbeddedMediaOptions {
  readonly worker: MediaWorkerPort
  readonly table: QualityTable
  readonly timers: Timers
  readonly clock: Clock
  readonly random: Random
  /** IP address written into SDP: what peers can reach. */
  readonly advertise: string
  /** Fetches and encodes audio; equal references may give the same clip. A rejection counts as `failed`. */
  readonly loadClip: LegPlaybackParts['loadClip']
  readonly beginClip?: LegPlaybackParts['beginClip']
  readonly ringback: (country: string) => AudioClip
  /** Takes the engine's answers and events; never called from within `perform`. */
  readonly deliver: (input: MediaInput) => void
  /** Told of our own faults. */
  readonly log?: Log
}

/** A finished leg's figures can be read for this long, less only when the table is full. */
const QUALITY_KEPT_MS = 60_000

interface Leg {
  readonly legId: LegId
  readonly slot: number
  readonly codecs: readonly AudioCodec[]
  readonly ordered: boolean
  /** The offer that waits for our ports. */
  offer: RemoteDescription | undefined
  phase: 'opening' | 'open' | 'released'
  port: number
  sdp: SdpState
  codec: AudioCodec
  readonly playback: LegPlayback
  /** Until it is answered: the answers that the peer could get. */
  choices: AnswerChoices | undefined
  readonly ssrc: number
  /** When the source or the peer changed last; and the latest of all. */
  place: StreamPlace
  latest: StreamPlace
  started: boolean
  peer: DatagramPeer | undefined
  /** Of a former process: hears whether its ports could be had again. */
  resumed: ((ok: boolean) => void) | undefined
}

/** Makes the MediaEngine over a media worker; see EmbeddedMediaOptions. */
export function createEmbeddedMedia(
  options: EmbeddedMediaOptions,
): MediaEngine & DurableMedia & MeasuredMedia {
  return new EmbeddedMedia(options)
}

class EmbeddedMedia implements MediaEngine, DurableMedia, MeasuredMedia {
  readonly #options: EmbeddedMediaOptions
  readonly #legs = new Map<LegId, Leg>()
  readonly #freeSlots: number[] = []
  /** Released legs whose figures are kept, oldest first. */
  readonly #ended = new Set<Leg>()
  readonly #shelf = new ClipShelf()
  readonly #playing: LegPlaybackParts
  readonly #mixes: MixCommands
  #batch: WorkerCommand[] = []
  readonly #rows = new ChangedRows((id) => this.#row(id))

  constructor(options: EmbeddedMediaOptions) {
    this.#options = options
    for (let slot = options.table.rows - 1; slot > 0; slot--) this.#freeSlots.push(slot)
    this.#playing = {
      loadClip: options.loadClip,
      ...(options.beginClip === undefined ? {} : { beginClip: options.beginClip }),
      shelf: this.#shelf,
      post: (command) => this.#post(command),
      deliverSoon: (input) => this.#deliverSoon(input),
    }
    this.#mixes = new MixCommands(this.#playing)
    options.worker.onEvents((events) => {
      for (const event of events) this.#onEvent(event)
    })
  }

  capabilities(): MediaCapabilities {
    return { mix: true, sharedPlayer: true, atomicLink: true }
  }

  quality(legId: LegId): MediaQuality | undefined {
    const leg = this.#legs.get(legId)
    return leg && qualityOf(this.#options.table, leg.slot, leg.codec)
  }

  figures(legId: LegId): MediaFigures | undefined {
    const leg = this.#legs.get(legId)
    return leg && figuresOf(this.#options.table, leg.slot, leg.codec)
  }

  takeChanges(): readonly StateChange[] {
    return this.#rows
      .take()
      .map(({ id, row }) =>
        row === undefined
          ? { kind: 'delete', table: 'media', id }
          : { kind: 'put', table: 'media', id, row },
      )
  }

  onChange(listener: () => void): void {
    this.#rows.onChange(listener)
  }

  async restore(rows: readonly StoredRow[]): Promise<readonly RestoredMedia[]> {
    // Rows are our own JSON, written by `#row`.
    const places = (rows.find(({ id }) => id === placesRowId)?.row ?? {}) as PlacesRow
    const legs: Promise<readonly RestoredMedia[]>[] = []
    for (const { id, row } of rows) {
      this.#rows.adopt(id, row)
      this.#rows.touch(id)
      if (id === placesRowId) continue
      const legId = brandAs<LegId>(id)
      legs.push(this.#resume(legId, row as MediaRow, places[legId]))
    }
    // At once: the dialogs are put together while the media thread binds.
    this.#flush()
    return (await Promise.all(legs)).flat()
  }

  async #resume(
    legId: LegId,
    row: MediaRow,
    marked: PlacesRow[LegId],
  ): Promise<readonly RestoredMedia[]> {
    const slot = this.#takeSlot()
    if (slot === undefined) return []
    const nowMs = this.#options.clock.wallMs()
    const { ssrc, port, started, peer, sdp, codecs, ordered, codec } = row
    const identity = resumedIdentity(ssrc, latestPlace(row, marked), nowMs, codec)
    const place = { ...latestPlace(row, marked), ...identity, atMs: nowMs }
    const playback = new LegPlayback(legId, this.#playing)
    const base = { legId, slot, codecs, ordered, offer: undefined, playback }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#legs.set(legId, {
      ...base,
      phase: 'opening',
      port,
      sdp: { ...sdp, last: sdp.last, agreement: sdp.agreement },
      codec,
      ssrc,
      place,
      latest: place,
      started,
      peer,
      resumed: resolve,
      choices: row.choices,
    })
    const former = { port, agreement: sdp.agreement, started, peer }
    this.#post({ op: 'open', legId, slot, identity, former })
    return (await promise) ? [{ legId, agreed: sdp.agreement !== undefined }] : []
  }

  #row(id: string): MediaRow | PlacesRow | undefined {
    if (id === placesRowId) return this.#places()
    const leg = this.#legs.get(brandAs<LegId>(id))
    const isKept = leg?.phase === 'open' || (leg?.phase === 'opening' && leg.resumed !== undefined)
    if (leg === undefined || !isKept) return undefined
    const { port, codecs, ordered, sdp, codec, started, ssrc, place, peer, choices } = leg
    const { sequence, timestamp, atMs, packetMs } = place
    const stored = { sequence, timestamp, atMs, packetMs }
    return { port, codecs, ordered, sdp, codec, started, ssrc, place: stored, peer, choices }
  }

  #places(): PlacesRow | undefined {
    const places: Record<LegId, PlacesRow[LegId]> = {}
    let isEmpty = true
    for (const { legId, phase, latest } of this.#legs.values()) {
      if (phase !== 'open') continue
      isEmpty = false
      places[legId] = [latest.sequence, latest.timestamp, latest.atMs, latest.packetMs]
    }
    return isEmpty ? undefined : places
  }

  #onMarks({ all, marks }: Extract<WorkerEvent, { op: 'marks' }>): void {
    for (const mark of marks) {
      const leg = this.#legs.get(mark.legId)
      if (leg === undefined || leg.phase === 'released') continue
      leg.latest = placeOf(mark)
      leg.peer = mark.peer
      if (all) continue
      leg.place = leg.latest
      this.#rows.touch(leg.legId)
    }
    if (all) this.#rows.touch(placesRowId)
  }

  perform(command: MediaCommand): void {
    if (command.kind === 'create-leg') {
      this.#create(command)
    } else if (command.kind === 'mix-play' || command.kind === 'mix-stop') {
      this.#mixes.perform(command)
    } else if ('a' in command) {
      const { kind: op, ...pair } = command
      this.#post({ op, ...pair } as WorkerCommand) // The same shapes on both sides, but for the name.
      this.#flush()
    } else {
      const leg = this.#legs.get(command.legId)
      // A leg that is gone crossed its release; nothing is owed to it.
      if (leg !== undefined && leg.phase !== 'released') this.#performOn(leg, command)
    }
  }

  #performOn(leg: Leg, command: LegCommand): void {
    const { legId } = leg
    switch (command.kind) {
      case 'set-remote':
        this.#setRemote(leg, command.sdp)
        return
      case 'reoffer':
        this.#reoffer(leg, command.offerSdp)
        return
      case 'start':
        if (command.codec !== undefined) this.#choose(leg, command.codec)
        leg.started = true
        leg.choices = undefined
        this.#rows.touch(legId)
        this.#post({ op: 'start', legId })
        return
      case 'hear':
        this.#post({ op: 'hear', legId, source: this.#workerSource(command.source) })
        return
      case 'play':
      case 'play-over':
        void leg.playback.play(command)
        return
      case 'stop-playback':
        leg.playback.end(command.playbackId)
        this.#post({ op: 'stop-playback', legId, playbackId: command.playbackId })
        return
      case 'mix-join':
      case 'mix-set': {
        const { kind, conferenceId, hears, heard, only } = command
        this.#post({ op: kind, conferenceId, legId, hears, heard, only })
        return
      }
      case 'mix-leave':
        this.#post({ op: 'mix-leave', conferenceId: command.conferenceId, legId })
        return
      case 'send-dtmf': {
        const { digits, durationMs, inBand = false } = command
        this.#post({ op: 'send-dtmf', legId, digits, durationMs, inBand })
        return
      }
      case 'detect-machine': {
        const { listening, rules } = command
        const tap = { kind: 'machine', listening, rules } as const
        this.#post({ op: 'tap-attach', legId, tapId: MACHINE_TAP, tap })
        return
      }
      case 'detect-machine-stop':
        this.#post({ op: 'tap-detach', legId, tapId: MACHINE_TAP })
        return
      case 'release':
        this.#release(leg)
        return
    }
  }

  #create(command: Extract<MediaCommand, { kind: 'create-leg' }>): void {
    const { legId, offerSdp } = command
    if (this.#legs.has(legId)) return
    const partner = command.partner === undefined ? undefined : this.#legs.get(command.partner)
    const codecs = allowedCodecs(command.codecs, offerSdp !== undefined, partner?.codec)
    const ordered = command.codecs !== undefined
    let offer: RemoteDescription | undefined
    if (codecs.length === 0) return this.#refuse(legId, 488, 'no allowed codec is known')
    if (offerSdp !== undefined) {
      const parsed = parseDescription(offerSdp)
      if (!parsed.ok) return this.#refuse(legId, 488, parsed.why)
      const agreed = agreeOnOffer(parsed.value, { codecs, ordered }, this.#options.advertise)
      if (!agreed.ok) return this.#refuse(legId, 488, agreed.why)
      offer = parsed.value
    }
    const slot = this.#takeSlot()
    if (slot === undefined) return this.#refuse(legId, 500, 'as many legs as the engine takes')
    const identity = randomIdentity(this.#options.random)
    const { sequence, timestamp } = identity
    const place = { sequence, timestamp, atMs: this.#options.clock.wallMs(), packetMs: 20 }
    const leg: Leg = {
      legId,
      slot,
      codecs,
      ordered,
      offer,
      phase: 'opening',
      port: 0,
      sdp: newSdpState(randomSessionId(this.#options.random)),
      codec: codecs[0]!,
      playback: new LegPlayback(legId, this.#playing),
      ssrc: identity.ssrc,
      place,
      latest: place,
      started: false,
      peer: undefined,
      resumed: undefined,
      choices: undefined,
    }
    this.#legs.set(legId, leg)
    this.#post({ op: 'open', legId, slot, identity, former: undefined })
  }

  #onEvent(event: WorkerEvent): void {
    if (event.op === 'input') {
      this.#onInput(event.input)
      return
    }
    if (event.op === 'marks') {
      this.#onMarks(event)
      return
    }
    if (event.op === 'mix-tap-failed') {
      const fields = { code: 'MEDIA_FAULT', conferenceId: event.conferenceId, stack: event.why }
      this.#options.log?.error(fields, 'a media tap of a conference failed')
      return
    }
    const leg = this.#legs.get(event.legId)
    if (leg === undefined || leg.phase === 'released') return
    if (event.op === 'tap-failed') {
      const { legId, why } = event
      this.#options.log?.error({ code: 'MEDIA_FAULT', legId, stack: why }, 'a media tap failed')
    } else if (event.op === 'failed') {
      this.#failed(leg, event.why)
    } else if (leg.phase !== 'opening') {
      return
    } else if (leg.resumed !== undefined) {
      if (event.op === 'opened') leg.phase = 'open'
      else this.#release(leg)
      leg.resumed(event.op === 'opened')
      leg.resumed = undefined
    } else if (event.op === 'opened') {
      this.#opened(leg, event.port)
    } else {
      this.#release(leg)
      this.#legs.delete(leg.legId)
      this.#options.deliver({
        kind: 'media-leg-refused',
        legId: leg.legId,
        status: 500,
        why: event.why,
      })
    }
  }

  /** The media thread gave the leg up. */
  #failed(leg: Leg, why: string): void {
    const { legId } = leg
    this.#release(leg)
    this.#options.log?.error({ code: 'MEDIA_FAULT', legId, stack: why }, 'a media leg failed')
    this.#options.deliver({ kind: 'media-leg-refused', legId, status: 500, why })
  }

  #onInput(input: MediaInput): void {
    if (!('legId' in input)) {
      if (this.#mixes.isWanted(input)) this.#options.deliver(input)
      return
    }
    const leg = this.#legs.get(input.legId)
    if (leg === undefined || leg.phase === 'released') return
    if (input.kind === 'playback-started' || input.kind === 'playback-ended') {
      // It crossed a stop.
      const { playbackId } = input
      if (!leg.playback.plays(playbackId)) return
      if (input.kind === 'playback-ended') leg.playback.end(playbackId)
    }
    this.#options.deliver(input)
  }

  #opened(leg: Leg, port: number): void {
    const { legId, offer } = leg
    leg.phase = 'open'
    leg.port = port
    this.#rows.touch(legId)
    leg.offer = undefined
    const end = this.#end(leg)
    if (offer === undefined) {
      const made = makeOffer(leg.sdp, end)
      leg.sdp = made.state
      this.#options.deliver({ kind: 'media-leg-created', legId, sdp: made.sdp, offeredCodecs: [] })
      return
    }
    const answered = answerOffer(leg.sdp, offer, end)
    if (!answered.ok) {
      this.#release(leg)
      this.#options.deliver({ kind: 'media-leg-refused', legId, status: 488, why: answered.why })
      return
    }
    this.#agree(leg, answered.value.state)
    const { sdp } = answered.value
    const names = offeredCodecs(offer)
    leg.choices = answerChoices(newSdpState(leg.sdp.sessionId), offer, end)
    const sdpByCodec = textsOf(leg.choices)
    this.#options.deliver({
      kind: 'media-leg-created',
      legId,
      sdp,
      offeredCodecs: names,
      sdpByCodec,
    })
  }

  /** The peer was sent another of the answers that it could have had. */
  #choose(leg: Leg, codec: string): void {
    const chosen = leg.choices?.[codec]
    if (chosen !== undefined) this.#agree(leg, chosen.state)
  }

  #setRemote(leg: Leg, sdp: string): void {
    const { legId } = leg
    const accepted = this.#whenOpen(leg, sdp, (answer) =>
      acceptAnswer(leg.sdp, answer, this.#end(leg)),
    )
    if (accepted.ok) this.#agree(leg, accepted.value)
    else this.#deliverSoon({ kind: 'media-remote-refused', legId, why: accepted.why })
  }

  #reoffer(leg: Leg, offerSdp: string | undefined): void {
    const { legId } = leg
    const before = leg.sdp.agreement
    if (offerSdp === undefined && leg.phase === 'open') {
      const made = makeOffer(leg.sdp, this.#end(leg))
      leg.sdp = made.state
      this.#rows.touch(legId)
      const held = before?.peerReceives === false
      this.#deliverSoon({ kind: 'reoffer-answered', legId, sdp: made.sdp, held, changed: false })
      return
    }
    const answered = this.#whenOpen(leg, offerSdp ?? '', (offer) =>
      answerOffer(leg.sdp, offer, this.#end(leg)),
    )
    if (!answered.ok) {
      this.#deliverSoon({ kind: 'reoffer-refused', legId, why: answered.why })
      return
    }
    const { state, sdp } = answered.value
    this.#agree(leg, state)
    const held = state.agreement?.peerReceives === false
    const changed = !sameTerms(before, state.agreement)
    this.#deliverSoon({ kind: 'reoffer-answered', legId, sdp, held, changed })
  }

  #whenOpen<T>(
    leg: Leg,
    sdp: string,
    then: (description: RemoteDescription) => Result<T, string>,
  ): Result<T, string> {
    if (leg.phase !== 'open') return refused('the leg has no ports yet')
    const parsed = parseDescription(sdp)
    return parsed.ok ? then(parsed.value) : parsed
  }

  /** Keeps the new state and tells the media thread; learning starts again only when the peer changed something. */
  #agree(leg: Leg, state: SdpState): void {
    const before = leg.sdp.agreement
    const { agreement } = state
    leg.sdp = state
    this.#rows.touch(leg.legId)
    if (agreement === undefined) return
    leg.codec = agreement.codec
    const relearn = before?.origin !== agreement.origin || !sameTerms(before, agreement)
    this.#post({ op: 'remote', legId: leg.legId, agreement, relearn })
  }

  #release(leg: Leg): void {
    leg.phase = 'released'
    this.#rows.touch(leg.legId)
    leg.playback.endAll()
    this.#post({ op: 'release', legId: leg.legId })
    this.#ended.add(leg)
    this.#options.timers.set(QUALITY_KEPT_MS, () => {
      if (this.#forget(leg)) this.#freeSlots.unshift(leg.slot)
    })
  }

  /** An ended leg's figures go; false when they went before. */
  #forget(leg: Leg): boolean {
    if (!this.#ended.delete(leg)) return false
    if (this.#legs.get(leg.legId) === leg) this.#legs.delete(leg.legId)
    return true
  }

  /** A free row of the table, or that of the leg that ended longest ago: figures never cost a caller the call. */
  #takeSlot(): number | undefined {
    const free = this.#freeSlots.pop()
    if (free !== undefined) return free
    const [oldest] = this.#ended
    if (oldest === undefined) return undefined
    this.#forget(oldest)
    return oldest.slot
  }

  #refuse(legId: LegId, status: 488 | 500, why: string): void {
    this.#deliverSoon({ kind: 'media-leg-refused', legId, status, why })
  }

  #workerSource(source: MediaSource): WorkerSource {
    if (source.kind !== 'ringback') return source
    // A ringback stays on the shelf: there are few and they are used again and again.
    const clip = this.#options.ringback(source.country)
    return { kind: 'clip', clipId: this.#shelf.use(clip, (command) => this.#post(command)) }
  }

  #end(leg: Leg): LocalEnd {
    const { codecs, ordered, port } = leg
    return { address: this.#options.advertise, port, codecs, ordered }
  }

  #deliverSoon(input: MediaInput): void {
    this.#options.timers.soon(() => this.#options.deliver(input))
  }

  #post(command: WorkerCommand): void {
    this.#batch.push(command)
    if (this.#batch.length === 1) this.#options.timers.soon(() => this.#flush())
  }

  #flush(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#options.worker.post(batch)
  }
}

type LegCommand = Exclude<Extract<MediaCommand, { legId: LegId }>, { kind: 'create-leg' }>

/** Whether two agreements say the same, the peer's description version aside. */
function sameTerms(before: Agreement | undefined, after: Agreement | undefined): boolean {
  return (
    JSON.stringify({ ...before, origin: '' }) === JSON.stringify({ ...after, origin: '' }) &&
    before !== undefined
  )
}
