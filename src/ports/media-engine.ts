// The border between call logic and audio. Commands are plain data, in order per leg; answers and events come back as
// inputs of the engine. Nothing here knows SIP; SDP content lives entirely below this line (docs/internals/media.md).

import type { LegId, PlaybackId, ConferenceId } from '../base/ids.ts'

export interface MediaEngine {
  perform(command: MediaCommand): void
  /** Last known figures of a leg, read without waiting; undefined when it never existed. Kept until `release` + 60 s. */
  quality(legId: LegId): MediaQuality | undefined
  capabilities(): MediaCapabilities
}

export interface MediaCapabilities {
  readonly mix: boolean
  readonly sharedPlayer: boolean
  readonly atomicLink: boolean
}

/** What a leg hears when nothing is being played to it. */
export type MediaSource =
  | { readonly kind: 'silence' }
  /** Ringback of a country (`us`, `uk`, `de` …). */
  | { readonly kind: 'ringback'; readonly country: string }
  /** One way from another leg: early media. */
  | { readonly kind: 'leg'; readonly legId: LegId }

export type MediaCommand =
  /** Makes the leg's RTP identity. With an offer the reply carries our answer, without one our offer. */
  | {
      readonly kind: 'create-leg'
      readonly legId: LegId
      readonly offerSdp: string | undefined
      /** Preferred codecs in order, names as in SDP (`PCMU`, `PCMA`, `G722`, `OPUS`); undefined: all but Opus. */
      readonly codecs: readonly string[] | undefined
      /** Without `codecs`: whom it will be bridged with, so that codecs are offered that need no translation. */
      readonly partner?: LegId | undefined
    }
  /** The peer's answer (or early answer) to our offer. */
  | {
      readonly kind: 'set-remote'
      readonly legId: LegId
      readonly sdp: string
      readonly stage: 'early' | 'final'
    }
  /** A new offer from the peer, or (undefined) a request for ours. Answered by `reoffer-answered` or `reoffer-refused`. */
  | { readonly kind: 'reoffer'; readonly legId: LegId; readonly offerSdp: string | undefined }
  /** From now on the leg is sent RTP at every ptime (silence at least) and what arrives is listened to. */
  | {
      readonly kind: 'start'
      readonly legId: LegId
      /** Which of `sdpByCodec` the peer was sent instead of `sdp`. */
      readonly codec?: string
    }
  | { readonly kind: 'hear'; readonly legId: LegId; readonly source: MediaSource }
  /** Two-way bridge; replaces what either leg heard. `dtmfTo…` false: keys of the other side are not passed on. */
  | {
      readonly kind: 'link'
      readonly a: LegId
      readonly b: LegId
      readonly dtmfToA: boolean
      readonly dtmfToB: boolean
    }
  /** Undoes `link`: both hear silence. Ignored when they are not linked with each other any more. */
  | { readonly kind: 'unlink'; readonly a: LegId; readonly b: LegId }
  /** Plays over whatever the leg hears; the source goes on afterwards. One at a time per leg: the engine keeps the queue. */
  | {
      readonly kind: 'play'
      readonly legId: LegId
      readonly playbackId: PlaybackId
      readonly audio: AudioReference
      /** 1 to 100, or Infinity. */
      readonly loops: number
    }
  /** Mixed over whatever the leg hears, a playback included. One at a time per leg; told and stopped as a playback is. */
  | {
      readonly kind: 'play-over'
      readonly legId: LegId
      readonly playbackId: PlaybackId
      readonly audio: AudioReference
      readonly loops: number
    }
  /** Stops that playback; no `playback-ended` follows. */
  | { readonly kind: 'stop-playback'; readonly legId: LegId; readonly playbackId: PlaybackId }
  | {
      readonly kind: 'mix-join'
      readonly conferenceId: ConferenceId
      readonly legId: LegId
      readonly hears: boolean
      readonly heard: boolean
      /** By whom it is heard, when not by everybody; legs outside the mix count when they join. */
      readonly only?: readonly LegId[] | undefined
    }
  | {
      readonly kind: 'mix-set'
      readonly conferenceId: ConferenceId
      readonly legId: LegId
      readonly hears: boolean
      readonly heard: boolean
      readonly only?: readonly LegId[] | undefined
    }
  | { readonly kind: 'mix-leave'; readonly conferenceId: ConferenceId; readonly legId: LegId }
  /** Heard by all who hear the conference, over those who speak; several at once add up. */
  | {
      readonly kind: 'mix-play'
      readonly conferenceId: ConferenceId
      readonly playbackId: PlaybackId
      readonly audio: AudioReference
      readonly loops: number
    }
  /** No `mix-playback-ended` follows. */
  | {
      readonly kind: 'mix-stop'
      readonly conferenceId: ConferenceId
      readonly playbackId: PlaybackId
    }
  /**
   * Who listens to, or speaks into, the bridge of `a` and `b`: the whole list, each time. The two stay linked and hear no
   * gap; a leg of theirs whom nobody speaks to is not touched at all. Ignored when they are not linked with each other;
   * `unlink`, and the release of either, leaves the supervisors in silence.
   */
  | {
      readonly kind: 'supervise'
      readonly a: LegId
      readonly b: LegId
      readonly supervisors: readonly Supervisor[]
    }
  /**
   * Presses keys (`0`-`9`, `A`-`D`, `*`, `#`; `w` waits 500 ms, `W` 1000 ms): RFC 4733 events, or tones in the audio with
   * `inBand` and towards a peer that has not negotiated events.
   */
  | {
      readonly kind: 'send-dtmf'
      readonly legId: LegId
      readonly digits: string
      readonly durationMs: number
      readonly inBand?: boolean
    }
  /** Listens to who answered, from the answer on; a second one replaces the first. Told by `machine-…` inputs. */
  | {
      readonly kind: 'detect-machine'
      readonly legId: LegId
      readonly listening: MachineListening
      readonly rules: MachineDetectionRules
    }
  /** Nothing more is told. */
  | { readonly kind: 'detect-machine-stop'; readonly legId: LegId }
  /** The end: ports rest, links and mixes forget the leg, final figures are kept for `quality`. */
  | { readonly kind: 'release'; readonly legId: LegId }

/** `monitor` is heard by nobody, `whisper` by `target` alone, `barge` by both. */
export interface Supervisor {
  readonly legId: LegId
  readonly target: LegId
  readonly role: 'barge' | 'whisper' | 'monitor'
}

export interface MachineListening {
  /** `greeting`: that it is a machine is known, only the end of its greeting is waited for. */
  readonly from: 'answer' | 'greeting'
  /** What is waited for after a machine: nothing, a beep, or a beep or a long silence. */
  readonly greeting: 'no' | 'beep' | 'end'
  /** How long the end of the greeting is waited for. */
  readonly greetingListenMs: number
}

/** How voices and silences are judged; the names are those of the API, lengths in ms. */
export interface MachineDetectionRules {
  /** Nothing decided by then is `not_sure`. */
  readonly totalMs: number
  /** So much silence after some words is a person who waits. */
  readonly afterGreetingSilenceMs: number
  /** A shorter gap does not end a word. */
  readonly betweenWordsMs: number
  /** Who speaks longer is a machine. */
  readonly greetingMs: number
  /** Who says nothing for so long is a machine. */
  readonly initialSilenceMs: number
  /** Who says more words is a machine. */
  readonly wordsMax: number
  /** A longer word is a machine. */
  readonly wordMsMax: number
  /** Mean absolute sample (of 32768) below which it is silent. */
  readonly silenceThreshold: number
  /** The greeting of a machine has ended after so much silence. */
  readonly greetingSilenceMs: number
}

export type AudioReference =
  | { readonly kind: 'url'; readonly url: string; readonly cache: boolean }
  /** WAV or MP3 bytes. */
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /** A file uploaded under that name, as it is when it begins to play. */
  | { readonly kind: 'media'; readonly name: string }
  /** A tone of ours that tells of somebody coming or going, or of a recording. */
  | { readonly kind: 'beep'; readonly which: 'enter' | 'exit' | 'record' }
  | SpeechReference

/** Text to be said. It is checked before it comes here, so that nothing is left to refuse but an engine in trouble. */
export interface SpeechReference {
  readonly kind: 'speech'
  /** Plain text, or with `ssml` an SSML document. */
  readonly text: string
  readonly ssml: boolean
  /** As the client named it: `female`, `AWS.Polly.Joanna` and so on. */
  readonly voice: string
  /** Tag such as `en-US`; undefined: English. */
  readonly language: string | undefined
}

export type MediaInput =
  | {
      readonly kind: 'media-leg-created'
      readonly legId: LegId
      readonly sdp: string
      /** Codec names of the peer's offer in its order; empty when there was none. */
      readonly offeredCodecs: readonly string[]
      /** The answer for each codec that could have been chosen, when there is a choice. */
      readonly sdpByCodec?: Readonly<Record<string, string>> | undefined
    }
  /** 488: nothing in the offer that we can do; 500: no port, or the engine failed on this leg, at any time of its life. */
  | {
      readonly kind: 'media-leg-refused'
      readonly legId: LegId
      readonly status: 488 | 500
      readonly why: string
    }
  /** The peer's answer was unusable. */
  | { readonly kind: 'media-remote-refused'; readonly legId: LegId; readonly why: string }
  | {
      readonly kind: 'reoffer-answered'
      readonly legId: LegId
      readonly sdp: string
      /** As seen by the peer: what it now wants. `held` when it no longer wants our audio (sendonly, inactive, 0.0.0.0). */
      readonly held: boolean
      readonly changed: boolean
    }
  | { readonly kind: 'reoffer-refused'; readonly legId: LegId; readonly why: string }
  /**
   * Each key once, at its first packet; never for keys that arrive as INFO. `inBand`: heard as a tone, on a leg without
   * telephone-event.
   */
  | {
      readonly kind: 'media-dtmf'
      readonly legId: LegId
      readonly digit: string
      readonly inBand?: boolean
    }
  | { readonly kind: 'playback-started'; readonly legId: LegId; readonly playbackId: PlaybackId }
  | {
      readonly kind: 'playback-ended'
      readonly legId: LegId
      readonly playbackId: PlaybackId
      readonly status: 'completed' | 'failed' | 'file_not_found'
      readonly detail: string
    }
  | {
      readonly kind: 'mix-playback-started'
      readonly conferenceId: ConferenceId
      readonly playbackId: PlaybackId
    }
  | {
      readonly kind: 'mix-playback-ended'
      readonly conferenceId: ConferenceId
      readonly playbackId: PlaybackId
      readonly status: 'completed' | 'failed' | 'file_not_found'
      readonly detail: string
    }
  /** This leg now speaks loudest in the conference; at most once per second. */
  | { readonly kind: 'mix-floor'; readonly conferenceId: ConferenceId; readonly legId: LegId }
  /** Once per `detect-machine` from the answer. */
  | {
      readonly kind: 'machine-detected'
      readonly legId: LegId
      readonly result: 'human' | 'machine' | 'not_sure'
    }
  /** After a machine, unless only that was asked; `not_sure`: nothing was heard in time. */
  | {
      readonly kind: 'machine-greeting-ended'
      readonly legId: LegId
      readonly result: 'beep_detected' | 'ended' | 'not_sure'
    }
  /** No RTP for `silentMs` on a leg that should send some; and its return. Policy is the engine's. */
  | { readonly kind: 'rtp-silent'; readonly legId: LegId; readonly silentMs: number }
  | { readonly kind: 'rtp-heard'; readonly legId: LegId }

export interface MediaQuality {
  readonly codec: string
  readonly inbound: {
    readonly packets: number
    /** Lost, by RFC 3550 A.3. */
    readonly lostPackets: number
    /** Packets whose interarrival jitter was above 20 ms. */
    readonly jitteryPackets: number
    /** Largest interarrival jitter estimate (RFC 3550 A.8), ms. */
    readonly jitterMaxMs: number
    /** 1 to 4.5, E-model on loss and jitter. */
    readonly mos: number
  }
  readonly outbound: {
    readonly packets: number
    /** Not sent because of back-pressure or lateness. */
    readonly skippedPackets: number
  }
}
