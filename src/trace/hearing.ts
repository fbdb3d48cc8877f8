// Who hears what: follows the commands that the call logic gives the media engine and what the engine reports, and says
// so in words whenever it changes for a leg. Every five seconds, and at its end, a leg's media figures are written down.

import type { LegId } from '../base/ids.ts'
import type { MediaFigures } from '../ports/media-figures.ts'
import type {
  AudioReference,
  MediaCommand,
  MediaEngine,
  MediaInput,
} from '../ports/media-engine.ts'
import type { Timers } from '../ports/timers.ts'
import type { Trace } from '../ports/trace.ts'

const sampleEveryMs = 5000
/** Legs are sampled in turns, so that no turn takes long. */
const turns = 10

export interface HearingOptions {
  readonly media: MediaEngine
  readonly figures: (legId: LegId) => MediaFigures | undefined
  readonly trace: Pick<Trace, 'hears' | 'sample'>
  readonly timers: Timers
}

export interface ObservedMedia {
  /** The same engine, observed. */
  readonly media: MediaEngine
  heard(input: MediaInput): void
  stop(): void
}

interface Leg {
  readonly turn: number
  base: string
  /** Of a link. */
  linkedWith: LegId | undefined
  /** Of a conference, or the bridge that it supervises. */
  mix: string | undefined
  playing: Played | undefined
  over: Played | undefined
  told: string
}

interface Played {
  readonly id: string
  readonly words: string
}

export function observeMedia(options: HearingOptions): ObservedMedia {
  return new Hearing(options)
}

class Hearing implements ObservedMedia {
  readonly media: MediaEngine
  readonly #options: HearingOptions
  readonly #legs = new Map<LegId, Leg>()
  /** By the name of their bridge. */
  readonly #supervisors = new Map<string, readonly LegId[]>()
  #nextTurn = 0
  #turn = 0
  #stop: () => void

  constructor(options: HearingOptions) {
    this.#options = options
    const { media, timers } = options
    this.media = {
      perform: (command) => {
        if (command.kind === 'release') this.#release(command.legId)
        media.perform(command)
        this.#follow(command)
      },
      quality: (legId) => media.quality(legId),
      capabilities: () => media.capabilities(),
    }
    const again = (): void => {
      this.#sampleTurn()
      id = timers.set(sampleEveryMs / turns, again)
    }
    let id = timers.set(sampleEveryMs / turns, again)
    this.#stop = () => timers.clear(id)
  }

  stop(): void {
    this.#stop()
  }

  heard(input: MediaInput): void {
    if (input.kind === 'playback-ended') this.#playbackOver(input.legId, input.playbackId)
  }

  #follow(command: MediaCommand): void {
    switch (command.kind) {
      case 'start':
        return this.#tell(command.legId, this.#leg(command.legId))
      case 'hear':
        return this.#base(command.legId, sourceWords(command.source))
      case 'link':
        this.#base(command.a, `leg ${command.b}`, command.b)
        return this.#base(command.b, `leg ${command.a}`, command.a)
      case 'unlink':
        return this.#unlink(command.a, command.b)
      case 'play':
        return this.#play(command.legId, 'playing', command)
      case 'play-over':
        return this.#play(command.legId, 'over', command)
      case 'stop-playback':
        return this.#playbackOver(command.legId, command.playbackId)
      case 'mix-join':
      case 'mix-set': {
        const words = command.hears ? 'conference' : 'silence, in conference'
        const heard = command.heard ? '' : ', muted'
        return this.#mix(
          command.legId,
          `${words} ${command.conferenceId}${heard}`,
          command.conferenceId,
        )
      }
      case 'mix-leave':
        return this.#leaveMix(command.legId, command.conferenceId)
      case 'supervise':
        return this.#supervise(command)
      default:
    }
  }

  #leg(legId: LegId): Leg {
    const known = this.#legs.get(legId)
    if (known !== undefined) return known
    const turn = this.#nextTurn++ % turns
    const quiet = { linkedWith: undefined, mix: undefined, playing: undefined, over: undefined }
    const made: Leg = { turn, base: 'silence', ...quiet, told: '' }
    this.#legs.set(legId, made)
    return made
  }

  #base(legId: LegId, words: string, linkedWith?: LegId): void {
    const leg = this.#leg(legId)
    leg.base = words
    leg.linkedWith = linkedWith
    leg.mix = undefined
    this.#tell(legId, leg)
  }

  #mix(legId: LegId, words: string, mix: string): void {
    const leg = this.#leg(legId)
    leg.base = words
    leg.linkedWith = undefined
    leg.mix = mix
    this.#tell(legId, leg)
  }

  #unlink(a: LegId, b: LegId): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (this.#legs.get(one)?.linkedWith === other) this.#base(one, 'silence')
    }
    this.#forgetSupervisors(bridgeName(a, b), [])
  }

  #leaveMix(legId: LegId, mix: string): void {
    if (this.#legs.get(legId)?.mix === mix) this.#base(legId, 'silence')
  }

  #supervise({ a, b, supervisors }: Extract<MediaCommand, { kind: 'supervise' }>): void {
    const bridge = bridgeName(a, b)
    const all = supervisors.map(({ legId }) => legId)
    this.#forgetSupervisors(bridge, all)
    if (all.length > 0) this.#supervisors.set(bridge, all)
    for (const { legId, role } of supervisors)
      this.#mix(legId, `legs ${a} and ${b} (${role})`, bridge)
  }

  #forgetSupervisors(bridge: string, still: readonly LegId[]): void {
    const former = this.#supervisors.get(bridge) ?? []
    this.#supervisors.delete(bridge)
    for (const legId of former) {
      if (this.#legs.get(legId)?.mix === bridge && !still.includes(legId))
        this.#base(legId, 'silence')
    }
  }

  #play(
    legId: LegId,
    layer: 'playing' | 'over',
    { playbackId, audio }: { readonly playbackId: string; readonly audio: AudioReference },
  ): void {
    const leg = this.#leg(legId)
    leg[layer] = { id: playbackId, words: audioWords(audio) }
    this.#tell(legId, leg)
  }

  #playbackOver(legId: LegId, playbackId: string): void {
    const leg = this.#legs.get(legId)
    if (leg === undefined) return
    if (leg.playing?.id === playbackId) leg.playing = undefined
    else if (leg.over?.id === playbackId) leg.over = undefined
    else return
    this.#tell(legId, leg)
  }

  #tell(legId: LegId, leg: Leg): void {
    const words = wordsOf(leg)
    if (words === leg.told) return
    leg.told = words
    this.#options.trace.hears(legId, words)
  }

  #release(legId: LegId): void {
    const leg = this.#legs.get(legId)
    if (leg === undefined) return
    this.#sample(legId, leg)
    this.#legs.delete(legId)
  }

  #sampleTurn(): void {
    this.#turn = (this.#turn + 1) % turns
    for (const [legId, leg] of this.#legs) if (leg.turn === this.#turn) this.#sample(legId, leg)
  }

  #sample(legId: LegId, leg: Leg): void {
    const figures = this.#options.figures(legId)
    if (figures === undefined || figures.packetsOut === 0) return
    this.#options.trace.sample(legId, { ...figures, hears: wordsOf(leg) })
  }
}

function bridgeName(a: LegId, b: LegId): string {
  return [a, b].toSorted().join(' ')
}

function wordsOf({ base, playing, over }: Leg): string {
  const below = playing === undefined ? base : `playback ${playing.words}`
  return over === undefined ? below : `${below}, over it ${over.words}`
}

function sourceWords(source: Extract<MediaCommand, { kind: 'hear' }>['source']): string {
  switch (source.kind) {
    case 'silence':
      return 'silence'
    case 'ringback':
      return `ringback (${source.country})`
    case 'leg':
      return `leg ${source.legId} (one way)`
  }
}

function audioWords(audio: AudioReference): string {
  switch (audio.kind) {
    case 'url':
      return audio.url
    case 'media':
      return `uploaded file ${audio.name}`
    case 'inline':
      return 'sent audio'
    case 'beep':
      return `beep (${audio.which})`
    case 'speech':
      return 'words'
  }
}
