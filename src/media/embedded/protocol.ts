// What the two halves of the embedded engine say to each other, as plain data that survives structured cloning. SDP
// stays in the signalling thread: the media thread gets numbers. Commands of one turn of the event loop travel in one
// batch; never anything per packet.

import type { ConferenceId, LegId, PlaybackId } from '../../base/ids.ts'
import type { DatagramPeer } from '../../ports/datagrams.ts'
import type { MediaInput, Supervisor } from '../../ports/media-engine.ts'
import type { StreamTarget } from '../../ports/streaming.ts'
import type { Agreement } from '../../sdp/session.ts'
import type { AudioClip } from '../audio/clip.ts'
import type { RtpIdentity } from './sender.ts'
import type { TapSpec } from './tap.ts'

export type WorkerSource =
  | { readonly kind: 'silence' }
  /** A looping clip: ringback. */
  | { readonly kind: 'clip'; readonly clipId: number }
  | { readonly kind: 'leg'; readonly legId: LegId }

export type WorkerCommand =
  /** Takes a pair of ports; answered by `opened` or `open-failed`. `slot`: the leg's row of the quality table. */
  | {
      readonly op: 'open'
      readonly legId: LegId
      readonly slot: number
      readonly identity: RtpIdentity
      readonly former: FormerLife | undefined
    }
  /** What was negotiated; `relearn` opens the latch again (new address, or a changed description). */
  | {
      readonly op: 'remote'
      readonly legId: LegId
      readonly agreement: Agreement
      readonly relearn: boolean
    }
  | { readonly op: 'start'; readonly legId: LegId }
  | { readonly op: 'hear'; readonly legId: LegId; readonly source: WorkerSource }
  | {
      readonly op: 'link'
      readonly a: LegId
      readonly b: LegId
      readonly dtmfToA: boolean
      readonly dtmfToB: boolean
    }
  | { readonly op: 'unlink'; readonly a: LegId; readonly b: LegId }
  /** Clip bytes lie in shared memory; they are named by number afterwards. */
  | { readonly op: 'clip'; readonly clipId: number; readonly clip: AudioClip }
  | { readonly op: 'drop-clip'; readonly clipId: number }
  | {
      /** `play-over`: mixed over whatever is heard. */
      readonly op: 'play' | 'play-over'
      readonly legId: LegId
      readonly playbackId: PlaybackId
      readonly clipId: number
      readonly loops: number
      /** More pieces follow: at the end of the last one there is silence until they come. */
      readonly open?: boolean
    }
  | {
      /** The next piece of a playback; undefined: there are no more. */
      readonly op: 'play-on'
      readonly legId: LegId
      readonly playbackId: PlaybackId
      readonly clipId: number | undefined
    }
  | { readonly op: 'stop-playback'; readonly legId: LegId; readonly playbackId: PlaybackId }
  | {
      readonly op: 'mix-join' | 'mix-set'
      readonly conferenceId: ConferenceId
      readonly legId: LegId
      readonly hears: boolean
      readonly heard: boolean
      readonly only: readonly LegId[] | undefined
    }
  | {
      readonly op: 'mix-play'
      readonly conferenceId: ConferenceId
      readonly playbackId: PlaybackId
      readonly clipId: number
      readonly loops: number
    }
  | {
      readonly op: 'mix-stop'
      readonly conferenceId: ConferenceId
      readonly playbackId: PlaybackId
    }
  | {
      readonly op: 'supervise'
      readonly a: LegId
      readonly b: LegId
      readonly supervisors: readonly Supervisor[]
    }
  | { readonly op: 'mix-leave'; readonly conferenceId: ConferenceId; readonly legId: LegId }
  | {
      readonly op: 'send-dtmf'
      readonly legId: LegId
      readonly digits: string
      readonly durationMs: number
      readonly inBand: boolean
    }
  /** From the next tick on the tap hears the leg; one of the same name is replaced. Ended with the leg at the latest. */
  | {
      readonly op: 'tap-attach'
      readonly legId: LegId
      readonly tapId: string
      readonly tap: TapSpec
    }
  | { readonly op: 'tap-detach'; readonly legId: LegId; readonly tapId: string }
  /** What the leg's stream says (`newPlayRing`), over all that its targets hear; one per leg, a second one replaces it. */
  | {
      readonly op: 'voice-attach'
      readonly legId: LegId
      readonly memory: SharedArrayBuffer
      readonly target: StreamTarget
    }
  | { readonly op: 'voice-detach'; readonly legId: LegId }
  /** A tap on everybody: inbound is what `first` says, outbound what all others say. */
  | {
      readonly op: 'mix-tap-attach'
      readonly conferenceId: ConferenceId
      readonly first: LegId
      readonly tapId: string
      readonly tap: Extract<TapSpec, { readonly kind: 'ring' }>
    }
  | { readonly op: 'mix-tap-detach'; readonly conferenceId: ConferenceId; readonly tapId: string }
  | { readonly op: 'release'; readonly legId: LegId }

/** A leg of a former process: it goes on on the same port, at once. */
export interface FormerLife {
  readonly port: number
  readonly agreement: Agreement | undefined
  readonly started: boolean
  /** Where its packets went; undefined: to the negotiated address. */
  readonly peer: DatagramPeer | undefined
}

/** Where a leg's outgoing stream stands, so that another process can go on with it. */
export interface RtpMark {
  readonly legId: LegId
  /** Of the next packet. */
  readonly sequence: number
  /** Belongs to `atMs`. */
  readonly timestamp: number
  /** Wall ms. */
  readonly atMs: number
  /** Milliseconds of audio per packet. */
  readonly packetMs: number
  readonly peer: DatagramPeer | undefined
}

export type WorkerEvent =
  /** Marks of the legs whose source or peer changed, or (`all`, every 5 s) of every started leg. */
  | { readonly op: 'marks'; readonly all: boolean; readonly marks: readonly RtpMark[] }
  | { readonly op: 'opened'; readonly legId: LegId; readonly port: number }
  | { readonly op: 'open-failed'; readonly legId: LegId; readonly why: string }
  /** The leg's work threw and the leg was ended; `why` is the stack. */
  | { readonly op: 'failed'; readonly legId: LegId; readonly why: string }
  /** The same of a conference. */
  | {
      readonly op: 'mix-tap-failed'
      readonly conferenceId: ConferenceId
      readonly tapId: string
      readonly why: string
    }
  /** A tap threw and was taken off; the leg goes on. */
  | {
      readonly op: 'tap-failed'
      readonly legId: LegId
      readonly tapId: string
      readonly why: string
    }
  | { readonly op: 'input'; readonly input: MediaInput }

/** The signalling thread's end of the line to the media thread; also implemented in one thread, for simulation. */
export interface MediaWorkerPort {
  post(commands: readonly WorkerCommand[]): void
  onEvents(listener: (events: readonly WorkerEvent[]) => void): void
}

/** Settings of the media thread. */
export interface CoreSettings {
  /** Address that sockets bind to. */
  readonly host: string
  /** Ports for RTP (even) and RTCP (odd), inclusive; 0 and 0: any free pair. */
  readonly portMin: number
  readonly portMax: number
  /** Milliseconds that a port is left alone after use. */
  readonly portRestMs: number
  /** No RTP for so long is told as `rtp-silent`. */
  readonly silentAfterMs: number
}
