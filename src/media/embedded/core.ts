// The media thread's engine: one tick of 20 ms for all legs, commands applied when they arrive. The tick is held to
// the monotonic clock (next = previous + 20, whatever the timer did); when it is more than 100 ms late the missed
// ticks are left out, because a burst of old audio helps nobody. It runs only while there are legs.

import type { ConferenceId, LegId } from '../../base/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DatagramPeer, Datagrams, DatagramSocket } from '../../ports/datagrams.ts'
import type { MediaInput } from '../../ports/media-engine.ts'
import type { Random } from '../../ports/random.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { AudioClip } from '../audio/clip.ts'
import { ClipPlayer } from './clip-player.ts'
import { ConferenceMix } from './conference-mix.ts'
import type { MixListener } from './conference-mix.ts'
import { MediaLeg } from './leg.ts'
import type { LegContext, SocketPair } from './leg.ts'
import { MixTaps } from './mix-taps.ts'
import type { MixTapFailed } from './mix-taps.ts'
import { PortPool } from './port-pool.ts'
import type {
  CoreSettings,
  FormerLife,
  WorkerCommand,
  WorkerEvent,
  WorkerSource,
} from './protocol.ts'
import { partnerOf, Supervision } from './supervision.ts'
import { EngineColumn } from './quality-table.ts'
import type { QualityTable } from './quality-table.ts'
import { Voices } from './voices.ts'

export interface CoreDependencies {
  readonly datagrams: Datagrams
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly table: QualityTable
  readonly settings: CoreSettings
  /** Takes the events of one turn. */
  readonly post: (events: readonly WorkerEvent[]) => void
}

const TICK_MS = 20
const LATE_MAX_MS = 100
/** How often every leg's place in its stream is told: a restart goes on from it by the time that passed. */
const MARK_TICKS = 250
/** Between two tries for the ports of a former process. */
const REBIND_PAUSE_MS = 50
/** Pairs tried before a leg is refused: other programs may hold ports of our range. */
const BIND_TRIES = 20
const RECEIVE_BUFFER_BYTES = 128 * 1024

export class MediaCore {
  readonly #deps: CoreDependencies
  readonly #context: LegContext
  readonly #ports: PortPool
  readonly #legs = new Map<LegId, MediaLeg>()
  readonly #mixes = new Map<ConferenceId, ConferenceMix>()
  readonly #mixTaps = new MixTaps()
  readonly #supervision = new Supervision()
  readonly #voices = new Voices()
  readonly #clips = new Map<number, AudioClip>()
  #events: WorkerEvent[] = []
  #timer: TimerId | undefined
  #dueMs = 0
  #ticks = 0
  /** Legs whose source or peer changed since the last tick. */
  readonly #moved = new Set<MediaLeg>()

  constructor(deps: CoreDependencies) {
    this.#deps = deps
    const { clock, random, table, settings } = deps
    this.#ports = new PortPool(settings.portMin, settings.portMax, settings.portRestMs, random)
    this.#context = {
      clock,
      random,
      table,
      silentAfterMs: settings.silentAfterMs,
      emit: (input: MediaInput) => this.#emit({ op: 'input', input }),
      moved: (leg: MediaLeg) => this.#moved.add(leg),
      fail: (leg: MediaLeg, error: unknown) => this.#fail(leg, error),
      tapFailed: (legId: LegId, tapId: string, error: unknown) =>
        this.#emit({ op: 'tap-failed', legId, tapId, why: stackOf(error) }),
    }
  }

  /** Applies commands in order; those for legs that are gone are ignored, they crossed a release. */
  receive(commands: readonly WorkerCommand[]): void {
    for (const command of commands) {
      try {
        this.#apply(command)
      } catch (error) {
        for (const legId of legsOf(command)) this.#failById(legId, error)
      }
    }
  }

  /** Closes everything without a word to the peers: their calls may go on in the next process. */
  close(): void {
    for (const leg of [...this.#legs.values()]) this.#release(leg, false)
  }

  #apply(command: WorkerCommand): void {
    if ('legId' in command) {
      const leg = this.#legs.get(command.legId)
      if (command.op === 'open') this.#open(command)
      else if (leg !== undefined) this.#applyTo(leg, command)
      return
    }
    switch (command.op) {
      case 'link':
        this.#link(command)
        return
      case 'unlink':
        this.#unlink(command.a, command.b)
        return
      case 'supervise': {
        const [a, b] = [this.#legs.get(command.a), this.#legs.get(command.b)]
        if (a === undefined || b === undefined) return
        this.#supervision.set(a, b, command.supervisors, (legId) => this.#legs.get(legId))
        return
      }
      case 'mix-play':
        this.#playToAll(command)
        return
      case 'mix-tap-attach':
        this.#mixTaps.attach(command)
        return
      case 'mix-tap-detach':
        this.#mixTaps.detach(command.tapId)
        return
      case 'mix-stop':
        this.#mixes.get(command.conferenceId)?.stop(command.playbackId)
        return
      case 'clip':
        this.#clips.set(command.clipId, command.clip)
        return
      case 'drop-clip':
        this.#clips.delete(command.clipId)
        return
    }
  }

  #applyTo(leg: MediaLeg, command: LegCommand): void {
    switch (command.op) {
      case 'remote':
        leg.negotiate(command.agreement, command.relearn)
        return
      case 'start':
        leg.start()
        return
      case 'hear':
        this.#hear(leg, command.source)
        return
      case 'play':
      case 'play-over': {
        const clip = this.#clips.get(command.clipId)
        if (clip === undefined) return
        const player = new ClipPlayer(clip, command.loops, command.open)
        const playback = { playbackId: command.playbackId, player, told: false }
        if (command.op === 'play') leg.play(playback)
        else leg.overlay = playback
        return
      }
      case 'play-on': {
        const { clipId } = command
        const player = leg.playerOf(command.playbackId)
        if (clipId === undefined) player?.close()
        else player?.append(this.#clips.get(clipId))
        return
      }
      case 'stop-playback':
        leg.stopPlayback(command.playbackId)
        return
      case 'mix-join':
        this.#join(leg, command)
        return
      case 'mix-set': {
        const { hears, heard, only } = command
        this.#mixes.get(command.conferenceId)?.set(leg.legId, hears, heard, only)
        return
      }
      case 'mix-leave':
        if (leg.base.kind === 'mix' && leg.base.conferenceId === command.conferenceId) {
          leg.hearSilence()
          this.#dropEmptyMixes()
        }
        return
      case 'send-dtmf':
        leg.keys.add(command.digits, command.durationMs, command.inBand)
        return
      case 'tap-attach':
        leg.attachTap(command.tapId, command.tap)
        return
      case 'tap-detach':
        leg.detachTap(command.tapId)
        return
      case 'voice-attach':
        this.#voices.attach(leg, command.memory, command.target)
        return
      case 'voice-detach':
        this.#voices.detach(leg.legId)
        return
      case 'release':
        this.#release(leg)
        return
    }
  }

  #open(command: OpenCommand): void {
    const { legId, slot, identity, former } = command
    if (this.#legs.has(legId)) return
    const leg = new MediaLeg(legId, slot, identity, this.#context)
    this.#legs.set(legId, leg)
    this.#countLegs()
    if (this.#timer === undefined) {
      this.#dueMs = this.#deps.clock.monotonicMs() + TICK_MS
      this.#arm()
    }
    void this.#bind(leg, former)
  }

  async #bind(leg: MediaLeg, former: FormerLife | undefined): Promise<void> {
    if (former !== undefined) this.#ports.reserve(former.port)
    const sockets =
      former === undefined ? await this.#bindPair(leg) : await this.#bindAgain(leg, former.port)
    const alive = this.#legs.get(leg.legId) === leg
    if (typeof sockets === 'string') {
      if (former !== undefined) {
        this.#ports.giveBack(former.port, this.#deps.clock.monotonicMs(), undefined)
      }
      if (alive) this.#emit({ op: 'open-failed', legId: leg.legId, why: sockets })
      return
    }
    const { port } = sockets.rtp
    const nowMs = this.#deps.clock.monotonicMs()
    if (!alive) {
      sockets.rtp.close()
      sockets.rtcp.close()
      this.#ports.giveBack(port, nowMs, undefined)
      return
    }
    leg.attach(sockets, this.#ports.formerPeers(port, nowMs))
    if (former !== undefined) leg.resume(former)
    this.#emit({ op: 'opened', legId: leg.legId, port })
  }

  /** RTP on an even port, RTCP on the next (RFC 3550 §11); the reason when there is no pair. */
  async #bindPair(leg: MediaLeg): Promise<SocketPair | string> {
    const { clock } = this.#deps
    let why = 'every RTP port is in use or resting'
    for (let i = 0; i < BIND_TRIES; i++) {
      const port = this.#ports.anyPort ? 0 : this.#ports.take(clock.monotonicMs())
      if (port === undefined) return why
      const pair = await this.#tryPair(leg, port)
      if (typeof pair !== 'string') return pair
      why = pair
      if (port !== 0) this.#ports.giveBack(port, clock.monotonicMs(), undefined)
    }
    return why
  }

  /** The ports of a former process: the system may hold them for a moment after its end. */
  async #bindAgain(leg: MediaLeg, port: number): Promise<SocketPair | string> {
    let pair = await this.#tryPair(leg, port)
    for (let i = 1; i < BIND_TRIES && typeof pair === 'string'; i++) {
      await new Promise<void>((resolve) => this.#deps.timers.set(REBIND_PAUSE_MS, resolve))
      pair = await this.#tryPair(leg, port)
    }
    return pair
  }

  async #tryPair(leg: MediaLeg, port: number): Promise<SocketPair | string> {
    const { datagrams, settings } = this.#deps
    let rtp: DatagramSocket | undefined
    let why = 'no even port'
    try {
      const onError = (): void => undefined // ICMP errors of one peer; the leg's silence is told elsewhere.
      const options = { host: settings.host, onError, recvBufferBytes: RECEIVE_BUFFER_BYTES }
      rtp = await datagrams.bind({
        ...options,
        port,
        onMessage: (bytes, from) => this.#onRtp(leg, bytes, from),
      })
      if (rtp.port % 2 === 0) {
        const rtcp = await datagrams.bind({
          ...options,
          port: rtp.port + 1,
          onMessage: (bytes, from) => this.#onRtcp(leg, bytes, from),
        })
        return { rtp, rtcp }
      }
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    }
    rtp?.close()
    return why
  }

  #onRtp(leg: MediaLeg, bytes: Uint8Array, from: DatagramPeer): void {
    try {
      leg.onRtp(bytes, from)
    } catch (error) {
      this.#fail(leg, error)
    }
  }

  #onRtcp(leg: MediaLeg, bytes: Uint8Array, from: DatagramPeer): void {
    try {
      leg.onRtcp(bytes, from)
    } catch (error) {
      this.#fail(leg, error)
    }
  }

  #hear(leg: MediaLeg, source: WorkerSource): void {
    this.#supervision.end(leg)
    switch (source.kind) {
      case 'silence':
        leg.hearSilence()
        break
      case 'clip': {
        const clip = this.#clips.get(source.clipId)
        if (clip !== undefined) leg.hear({ kind: 'clip', player: new ClipPlayer(clip, Infinity) })
        break
      }
      case 'leg': {
        const from = this.#legs.get(source.legId)
        if (from === undefined || from === leg) leg.hearSilence()
        else leg.hear({ kind: 'leg', from, passKeys: true, linked: false })
        break
      }
    }
    this.#dropEmptyMixes()
  }

  #link(command: Extract<WorkerCommand, { op: 'link' }>): void {
    const a = this.#legs.get(command.a)
    const b = this.#legs.get(command.b)
    if (a === undefined || b === undefined || a === b) return
    this.#supervision.end(a)
    this.#supervision.end(b)
    silencePartners(a, b)
    silencePartners(b, a)
    a.hear({ kind: 'leg', from: b, passKeys: command.dtmfToA, linked: true })
    b.hear({ kind: 'leg', from: a, passKeys: command.dtmfToB, linked: true })
    this.#dropEmptyMixes()
  }

  #unlink(aId: LegId, bId: LegId): void {
    for (const [one, other] of [
      [aId, bId],
      [bId, aId],
    ] as const) {
      const leg = this.#legs.get(one)
      if (leg === undefined || partnerOf(leg)?.from.legId !== other) continue
      this.#supervision.end(leg)
      leg.hearSilence()
    }
  }

  #join(leg: MediaLeg, command: Extract<WorkerCommand, { op: 'mix-join' | 'mix-set' }>): void {
    const { conferenceId, hears, heard, only } = command
    this.#supervision.end(leg)
    let mix = this.#mixes.get(conferenceId)
    if (mix === undefined) {
      mix = new ConferenceMix(this.#listenTo(conferenceId))
      this.#mixes.set(conferenceId, mix)
    }
    if (leg.base.kind !== 'mix' || leg.base.mix !== mix) {
      silencePartners(leg, undefined)
      leg.hear({ kind: 'mix', mix, conferenceId })
    }
    mix.join(leg.legId, hears, heard, only)
    this.#dropEmptyMixes()
  }

  #listenTo(conferenceId: ConferenceId): MixListener {
    const emit = (input: MediaInput): void => this.#emit({ op: 'input', input })
    return {
      playbackStarted: (playbackId) =>
        emit({ kind: 'mix-playback-started', conferenceId, playbackId }),
      playbackEnded: (playbackId) => {
        const status = 'completed' as const
        emit({ kind: 'mix-playback-ended', conferenceId, playbackId, status, detail: '' })
      },
      floorChanged: (legId) => emit({ kind: 'mix-floor', conferenceId, legId }),
    }
  }

  #playToAll(command: Extract<WorkerCommand, { op: 'mix-play' }>): void {
    const { conferenceId, playbackId, clipId, loops } = command
    const clip = this.#clips.get(clipId)
    const mix = this.#mixes.get(conferenceId)
    if (clip !== undefined && mix !== undefined) {
      mix.play(playbackId, new ClipPlayer(clip, loops))
      return
    }
    const input = { kind: 'mix-playback-ended', conferenceId, playbackId } as const
    this.#emit({ op: 'input', input: { ...input, status: 'failed', detail: 'nobody is there' } })
  }

  /** Our own bug in one leg's work ends that leg and no other: the thread carries everybody's audio. */
  #fail(leg: MediaLeg, error: unknown): void {
    if (this.#legs.get(leg.legId) !== leg) return
    this.#emit({ op: 'failed', legId: leg.legId, why: stackOf(error) })
    this.#release(leg, false)
  }

  #failById(legId: LegId, error: unknown): void {
    const leg = this.#legs.get(legId)
    if (leg !== undefined) this.#fail(leg, error)
  }

  /** `farewell` false: the peer is told nothing, because the leg failed or goes on elsewhere. */
  #release(leg: MediaLeg, farewell = true): void {
    this.#legs.delete(leg.legId)
    this.#voices.detach(leg.legId)
    this.#supervision.end(leg)
    for (const listener of [...leg.listeners]) listener.hearSilence()
    const { peer } = leg
    const sockets = leg.end(farewell)
    this.#moved.delete(leg)
    if (sockets !== undefined) {
      this.#ports.giveBack(sockets.rtp.port, this.#deps.clock.monotonicMs(), peer)
    }
    this.#dropEmptyMixes()
    this.#countLegs()
    if (this.#legs.size === 0 && this.#timer !== undefined) {
      this.#deps.timers.clear(this.#timer)
      this.#timer = undefined
    }
  }

  #arm(): void {
    const delayMs = Math.max(0, this.#dueMs - this.#deps.clock.monotonicMs())
    this.#timer = this.#deps.timers.set(delayMs, () => this.#tick())
  }

  #tick(): void {
    const { clock, table } = this.#deps
    const lateMs = clock.monotonicMs() - this.#dueMs
    table.set(0, EngineColumn.ticks, table.get(0, EngineColumn.ticks) + 1)
    if (lateMs > table.get(0, EngineColumn.latenessMaxMs)) {
      table.set(0, EngineColumn.latenessMaxMs, lateMs)
    }
    if (lateMs > LATE_MAX_MS) this.#skip(Math.floor(lateMs / TICK_MS))
    for (const mix of this.#mixes.values()) this.#tickMix(mix)
    this.#mixTaps.tick(this.#mixes, this.#mixTapFailed)
    this.#supervision.forEachMix((mix) => this.#tickMix(mix))
    this.#voices.tick((leg, error) => this.#fail(leg, error))
    for (const leg of this.#legs.values()) {
      try {
        leg.tick(this.#dueMs)
      } catch (error) {
        this.#fail(leg, error)
      }
    }
    this.#dueMs += TICK_MS
    this.#tellMarks()
    if (this.#legs.size > 0) this.#arm()
  }

  readonly #mixTapFailed: MixTapFailed = (conferenceId, tapId, error) =>
    this.#emit({ op: 'mix-tap-failed', conferenceId, tapId, why: stackOf(error) })

  #tellMarks(): void {
    this.#ticks += 1
    const all = this.#ticks % MARK_TICKS === 0
    if (!all && this.#moved.size === 0) return
    const legs = all ? this.#legs.values() : this.#moved
    const marks = [...legs].filter((leg) => leg.started).map((leg) => leg.mark())
    this.#moved.clear()
    if (marks.length > 0) this.#emit({ op: 'marks', all, marks })
  }

  #tickMix(mix: ConferenceMix): void {
    try {
      mix.tick()
    } catch (error) {
      for (const leg of [...this.#legs.values()]) {
        const hears = leg.base.kind === 'mix' && leg.base.mix === mix
        if (hears || leg.feeds === mix) this.#fail(leg, error)
      }
    }
  }

  #skip(count: number): void {
    const { table } = this.#deps
    this.#dueMs += count * TICK_MS
    for (const leg of this.#legs.values()) leg.skipTicks(count, count * TICK_MS)
    const skipped = table.get(0, EngineColumn.skippedTicks) + count
    table.set(0, EngineColumn.skippedTicks, skipped)
  }

  #emit(event: WorkerEvent): void {
    this.#events.push(event)
    if (this.#events.length > 1) return
    this.#deps.timers.soon(() => {
      const events = this.#events
      this.#events = []
      this.#deps.post(events)
    })
  }

  #countLegs(): void {
    this.#deps.table.set(0, EngineColumn.legs, this.#legs.size)
  }

  #dropEmptyMixes(): void {
    for (const [id, mix] of this.#mixes) if (mix.size === 0) this.#mixes.delete(id)
  }
}

type OpenCommand = Extract<WorkerCommand, { op: 'open' }>
type LegCommand = Exclude<Extract<WorkerCommand, { legId: LegId }>, { op: 'open' }>

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Whose work a command is. */
function legsOf(command: WorkerCommand): readonly LegId[] {
  if ('legId' in command) return [command.legId]
  return 'a' in command ? [command.a, command.b] : []
}

/** Those who were linked with `leg` hear silence, unless it is `except`. */
function silencePartners(leg: MediaLeg, except: MediaLeg | undefined): void {
  for (const listener of [...leg.listeners]) {
    if (listener !== except && partnerOf(listener)?.from === leg) {
      listener.hearSilence()
    }
  }
}
