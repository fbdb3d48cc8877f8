// A media engine without audio: answers every command as the real one would, a little later, and now and then refuses.
// It keeps the books that the checkers read: who is linked with whom, who plays, who was never released.
import { assert } from '../../src/base/assert.ts'
import { brandAs, type ConferenceId, type LegId, type PlaybackId } from '../../src/base/ids.ts'
import type { DurableMedia, RestoredMedia, StoredRow } from '../../src/ports/durable.ts'
import type {
  MediaCapabilities,
  MediaCommand,
  MediaEngine,
  MediaInput,
  MediaQuality,
  Supervisor,
} from '../../src/ports/media-engine.ts'
import type { Random } from '../../src/ports/random.ts'
import type { StateChange } from '../../src/ports/store.ts'
import type { Timers } from '../../src/ports/timers.ts'

export interface MediaTroubles {
  /** Per mille of new legs refused with 488 or 500. */
  refused: number
  /** Per mille of playbacks that fail or find no file. */
  playbackFails: number
  /** Per mille of answers and new offers of the far end that are of no use. */
  remoteRefused: number
  /** How often a leg falls silent. */
  silences: number
  latencyMaxMs: number
}

/** The call logic waits so long for a verdict that is late. */
const DETECTION_GRACE_MS = 2_000

/** An engine whose phones still send audio is heard from within this time after a start. */
const HEARD_WITHIN_MS = 200

export class SimMedia implements MediaEngine, DurableMedia {
  readonly legs = new Set<LegId>()
  readonly links = new Map<LegId, LegId>()
  /** Legs whose audio has begun: only these can fall silent. */
  readonly started = new Set<LegId>()
  readonly troubles: MediaTroubles
  deliver: (input: MediaInput) => void = () => undefined
  /** The far end of a leg of a former process still sends audio. */
  isHeard: (legId: LegId) => boolean = () => false
  readonly #timers: Timers
  readonly #random: Random
  /** By layer: what is played, and what is mixed over it. */
  readonly #playing = {
    play: new Map<LegId, PlaybackId>(),
    'play-over': new Map<LegId, PlaybackId>(),
  }
  /** Who hears which bridge. */
  readonly supervisors = new Map<
    LegId,
    {
      readonly pair: readonly [LegId, LegId]
      readonly target: LegId
      readonly role: Supervisor['role']
    }
  >()
  readonly #mixes = new Map<LegId, string>()
  readonly #mixPlaying = new Set<string>()
  /** Who hears a leg in its mix. */
  readonly heard = new Map<LegId, { heard: boolean; only: readonly LegId[] | undefined }>()
  /** Legs that are listened to, and for the how-many-th time. */
  readonly #detecting = new Map<LegId, number>()
  /** Legs whose row is to be written or deleted. */
  readonly #changed = new Set<LegId>()
  #onChange: () => void = () => undefined

  constructor(timers: Timers, random: Random, troubles: MediaTroubles) {
    this.#timers = timers
    this.#random = random
    this.troubles = troubles
  }

  capabilities(): MediaCapabilities {
    return { mix: true, sharedPlayer: true, atomicLink: true }
  }

  takeChanges(): readonly StateChange[] {
    const changes = [...this.#changed].map((id): StateChange => {
      const row = { port: 20_000 }
      return this.legs.has(id)
        ? { kind: 'put', table: 'media', id, row }
        : { kind: 'delete', table: 'media', id }
    })
    this.#changed.clear()
    return changes
  }

  onChange(listener: () => void): void {
    this.#onChange = listener
  }

  restore(rows: readonly StoredRow[]): Promise<readonly RestoredMedia[]> {
    const restored = rows.map(({ id }) => ({ legId: brandAs<LegId>(id), agreed: true }))
    for (const { legId } of restored) {
      this.legs.add(legId)
      this.#timers.set(this.#random.below(HEARD_WITHIN_MS), () => {
        if (this.legs.has(legId) && this.isHeard(legId)) this.deliver({ kind: 'rtp-heard', legId })
      })
    }
    return Promise.resolve(restored)
  }

  /** No audio comes from this leg; it comes again after `forMs`. */
  fallSilent(legId: LegId, forMs: number): void {
    this.deliver({ kind: 'rtp-silent', legId, silentMs: 1_000 })
    this.#timers.set(forMs, () => {
      if (this.started.has(legId)) this.deliver({ kind: 'rtp-heard', legId })
    })
  }

  /** The engine has failed on this leg. */
  breakDown(legId: LegId): void {
    this.#unlinkAll(legId)
    for (const layer of Object.values(this.#playing)) layer.delete(legId)
    this.#mixes.delete(legId)
    if (this.legs.delete(legId)) this.#touch(legId)
    this.started.delete(legId)
    this.deliver({ kind: 'media-leg-refused', legId, status: 500, why: 'simulated' })
  }

  #touch(legId: LegId): void {
    this.#changed.add(legId)
    this.#onChange()
  }

  quality(_legId: LegId): MediaQuality | undefined {
    return undefined
  }

  perform(command: MediaCommand): void {
    switch (command.kind) {
      case 'create-leg':
        return this.#create(command.legId)
      case 'set-remote':
        return this.#setRemote(command.legId)
      case 'start':
        this.started.add(command.legId)
        return
      case 'hear':
      case 'send-dtmf':
        return
      case 'reoffer':
        return this.#later(() => {
          if (!this.legs.has(command.legId)) return
          if (this.#isUseless()) {
            const { legId } = command
            return this.deliver({ kind: 'reoffer-refused', legId, why: 'simulated' })
          }
          const held = /a=(sendonly|inactive)/.test(command.offerSdp ?? '')
          this.deliver({
            kind: 'reoffer-answered',
            legId: command.legId,
            sdp: simSdp,
            held,
            changed: true,
          })
        })
      case 'link':
        this.#link(command.a, command.b)
        return
      case 'unlink':
        if (this.links.get(command.a) === command.b) this.#unlinkAll(command.a)
        return
      case 'play':
      case 'play-over':
        return this.#play(command)
      case 'stop-playback':
        for (const layer of Object.values(this.#playing)) {
          if (layer.get(command.legId) === command.playbackId) layer.delete(command.legId)
        }
        return
      case 'mix-join':
        this.#unlinkAll(command.legId)
        this.supervisors.delete(command.legId)
        this.#mixes.set(command.legId, command.conferenceId)
        this.#hears(command)
        return
      case 'mix-set':
        if (this.#mixes.get(command.legId) === command.conferenceId) this.#hears(command)
        return
      case 'mix-play':
        return this.#playToAll(command)
      case 'mix-stop':
        this.#mixPlaying.delete(`${command.conferenceId} ${command.playbackId}`)
        return
      case 'supervise':
        return this.#supervise(command)
      case 'mix-leave':
        if (this.#mixes.get(command.legId) === command.conferenceId) {
          this.#mixes.delete(command.legId)
          this.heard.delete(command.legId)
        }
        return
      case 'detect-machine':
        this.#detectMachine(command)
        return
      case 'detect-machine-stop':
        this.#detecting.delete(command.legId)
        return
      case 'release':
        this.#detecting.delete(command.legId)
        this.#unlinkAll(command.legId)
        if (this.legs.delete(command.legId)) this.#touch(command.legId)
        this.started.delete(command.legId)
        for (const layer of Object.values(this.#playing)) layer.delete(command.legId)
        this.#mixes.delete(command.legId)
        this.heard.delete(command.legId)
        this.supervisors.delete(command.legId)
        return
    }
  }

  /**
   * Who answers is written in the leg's name, so that nothing is drawn for it. Some verdicts are on their way when the
   * call logic has given up waiting; some never come.
   */
  #detectMachine({
    legId,
    listening,
    rules,
  }: Extract<MediaCommand, { kind: 'detect-machine' }>): void {
    const token = (this.#detecting.get(legId) ?? 0) + 1
    this.#detecting.set(legId, token)
    const die = [...legId].reduce((sum, char) => sum + char.charCodeAt(0), 0)
    const goesOn = (): boolean => this.legs.has(legId) && this.#detecting.get(legId) === token
    const greet = (): void => {
      const result = (['beep_detected', 'ended', 'not_sure'] as const)[die % 3] ?? 'ended'
      this.#timers.set((listening.greetingListenMs * (die % 7)) / 6, () => {
        if (goesOn()) this.deliver({ kind: 'machine-greeting-ended', legId, result })
      })
    }
    if (listening.from === 'greeting') return greet()
    if (die % 5 === 0) return
    const result = (['machine', 'human', 'machine', 'not_sure'] as const)[die % 4] ?? 'human'
    const afterMs =
      die % 5 === 1 ? rules.totalMs + DETECTION_GRACE_MS - 1 : (rules.totalMs * (die % 11)) / 10
    this.#timers.set(afterMs, () => {
      if (!goesOn()) return
      this.#timers.set(die % 3, () => {
        if (!this.legs.has(legId)) return
        this.deliver({ kind: 'machine-detected', legId, result })
        if (result === 'machine' && listening.greeting !== 'no' && goesOn()) greet()
      })
    })
  }

  #create(legId: LegId): void {
    assert(!this.legs.has(legId), `media leg made twice: ${legId}`)
    this.legs.add(legId)
    this.#touch(legId)
    this.#later(() => {
      if (!this.legs.has(legId)) return
      if (this.#random.below(1_000) < this.troubles.refused) {
        const status = this.#random.below(2) === 0 ? 488 : 500
        this.legs.delete(legId)
        this.#touch(legId)
        this.deliver({ kind: 'media-leg-refused', legId, status, why: 'simulated' })
        return
      }
      this.deliver({ kind: 'media-leg-created', legId, sdp: simSdp, offeredCodecs: ['PCMU'] })
    })
  }

  #setRemote(legId: LegId): void {
    if (!this.legs.has(legId) || !this.#isUseless()) return
    this.#later(() => {
      if (!this.legs.has(legId)) return
      this.deliver({ kind: 'media-remote-refused', legId, why: 'simulated' })
    })
  }

  #isUseless(): boolean {
    return this.#random.below(1_000) < this.troubles.remoteRefused
  }

  #link(a: LegId, b: LegId): void {
    assert(a !== b, 'a leg linked with itself')
    for (const leg of [a, b]) {
      this.#unlinkAll(leg)
      this.supervisors.delete(leg)
    }
    if (!this.legs.has(a) || !this.legs.has(b)) return
    this.links.set(a, b)
    this.links.set(b, a)
  }

  #unlinkAll(legId: LegId): void {
    const other = this.links.get(legId)
    if (other === undefined) return
    this.links.delete(legId)
    this.links.delete(other)
    for (const [supervisor, { pair }] of this.supervisors) {
      if (pair.includes(legId)) this.supervisors.delete(supervisor)
    }
  }

  #play(command: Extract<MediaCommand, { kind: 'play' | 'play-over' }>): void {
    const { kind, legId, playbackId, loops } = command
    const layer = this.#playing[kind]
    assert(!layer.has(legId), `two playbacks at once: ${legId}`)
    layer.set(legId, playbackId)
    this.#later(() => {
      if (layer.get(legId) !== playbackId) return
      if (this.#random.below(1_000) < this.troubles.playbackFails) {
        layer.delete(legId)
        const status = this.#random.below(2) === 0 ? 'failed' : 'file_not_found'
        this.deliver({ kind: 'playback-ended', legId, playbackId, status, detail: 'simulated' })
        return
      }
      this.deliver({ kind: 'playback-started', legId, playbackId })
      if (loops === Infinity) return
      this.#timers.set(2_000 * loops, () => {
        if (layer.get(legId) !== playbackId) return
        layer.delete(legId)
        this.deliver({ kind: 'playback-ended', legId, playbackId, status: 'completed', detail: '' })
      })
    })
  }

  #hears({
    legId,
    heard,
    only,
    conferenceId,
  }: Extract<MediaCommand, { kind: 'mix-join' | 'mix-set' }>): void {
    this.heard.set(legId, { heard, only })
    if (!heard || only !== undefined || this.#random.below(4) > 0) return
    this.#later(() => {
      // Told late now and then: by then the leg may have left.
      if (this.legs.has(legId)) this.deliver({ kind: 'mix-floor', conferenceId, legId })
    })
  }

  #supervise(command: Extract<MediaCommand, { kind: 'supervise' }>): void {
    const { a, b } = command
    if (this.links.get(a) !== b) return
    for (const [supervisor, { pair }] of this.supervisors) {
      if (pair.includes(a)) this.supervisors.delete(supervisor)
    }
    for (const { legId, target, role } of command.supervisors) {
      assert(target === a || target === b, `${legId} supervises neither of the two`)
      if (this.legs.has(legId)) this.supervisors.set(legId, { pair: [a, b], target, role })
    }
  }

  #playToAll({
    conferenceId,
    playbackId,
    loops,
  }: Extract<MediaCommand, { kind: 'mix-play' }>): void {
    const key = `${conferenceId} ${playbackId}`
    this.#mixPlaying.add(key)
    this.#later(() => {
      if (!this.#mixPlaying.has(key)) return
      if (this.#random.below(1_000) < this.troubles.playbackFails) {
        this.#endMixPlay(conferenceId, playbackId, 'failed')
        return
      }
      this.deliver({ kind: 'mix-playback-started', conferenceId, playbackId })
      if (loops === Infinity) return
      this.#timers.set(2_000 * loops, () => this.#endMixPlay(conferenceId, playbackId, 'completed'))
    })
  }

  #endMixPlay(
    conferenceId: ConferenceId,
    playbackId: PlaybackId,
    status: 'completed' | 'failed',
  ): void {
    if (!this.#mixPlaying.delete(`${conferenceId} ${playbackId}`)) return
    this.deliver({ kind: 'mix-playback-ended', conferenceId, playbackId, status, detail: '' })
  }

  #later(answer: () => void): void {
    this.#timers.set(this.#random.below(this.troubles.latencyMaxMs + 1), answer)
  }
}

/** What every leg of the simulation offers and answers. */
export const simSdp = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 20000 RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n')
