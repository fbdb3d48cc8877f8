// The border between call logic and SIP. Effects go down as plain data and are performed after the commit that decided
// them; inputs come up one at a time. SDP bodies pass through unread: the media engine owns their content.
//
// Who answers what:
//  - 100 Trying, digest challenges, OPTIONS, 481/482/491, ACK to a refusal, retransmissions, session refreshes,
//    PRACK and the answers to in-dialog BYE/INFO/UPDATE without SDP are the signaling room's own business.
//  - Everything that makes, changes or ends a leg is an input here and waits for an effect.

import type { LegId, LegUuid, SessionId } from '../base/ids.ts'

export interface NamedValue {
  readonly name: string
  readonly value: string
}

/** Credentials for a 401/407 challenge on one leg. */
export interface SipCredentials {
  readonly username: string
  readonly password: string
}

/** Effects: engine to SIP. Effects for a leg that SIP no longer knows are ignored and counted. */
export interface Signaling {
  perform(effect: SignalingEffect): void
  /** Undefined when an outbound call to `to` (E.164, or a sip: URI) has a way out; else why not. Pure, no look-ups. */
  checkDestination(
    to: string,
  ): 'malformed' | 'forbidden-host' | 'no-trunk' | 'unknown-user' | 'forbidden-prefix' | undefined
  /**
   * The number that a trunk would be asked for by a call to `to`, so that somebody pays for it; undefined when no trunk is
   * used. Pure. Missing: numbers are, URIs are not.
   */
  trunkNumber?(to: string): string | undefined
}

export type SignalingEffect =
  /** 180 Ringing, repeated every 60 s until a final response (RFC 3261 §13.3.1.1). */
  | { readonly kind: 'ring'; readonly legId: LegId }
  /** 183 with SDP: early media towards an inbound caller. */
  | { readonly kind: 'progress'; readonly legId: LegId; readonly sdp: string }
  /** Final refusal of an inbound INVITE, 300 to 699. */
  | {
      readonly kind: 'refuse'
      readonly legId: LegId
      readonly status: number
      readonly retryAfterSecs?: number
      readonly headers?: readonly NamedValue[]
    }
  /** 200 to an inbound INVITE; `sdp` is our answer, or our offer when the INVITE had none. */
  | {
      readonly kind: 'accept'
      readonly legId: LegId
      readonly sdp: string
      readonly headers: readonly NamedValue[]
    }
  | {
      readonly kind: 'invite'
      readonly legId: LegId
      /** As the API got it: `+E.164` or `sip:user@host[;params]`. */
      readonly to: string
      /** `+E.164`, a SIP URI, or a bare user name. */
      readonly from: string
      readonly fromDisplayName: string | undefined
      readonly sdp: string
      readonly headers: readonly NamedValue[]
      readonly credentials: SipCredentials | undefined
      readonly transport: 'UDP' | 'TCP' | 'TLS' | undefined
      readonly privacy: boolean
    }
  /** CANCEL (held until the first provisional). A crossing 2xx is ACKed and BYEd by SIP itself, without an input. */
  | { readonly kind: 'cancel'; readonly legId: LegId }
  /** ACK for the 2xx that `leg-accepted` reported; SIP repeats it for retransmitted 2xx. */
  | { readonly kind: 'confirm'; readonly legId: LegId }
  | {
      readonly kind: 'bye'
      readonly legId: LegId
      readonly headers: readonly NamedValue[]
      /** RFC 3326 Reason text, e.g. `SIP;cause=200;text="time limit"`. */
      readonly reason?: string
    }
  /** Answers the pending offer of `leg-reoffered`. */
  | { readonly kind: 'accept-offer'; readonly legId: LegId; readonly sdp: string }
  | { readonly kind: 'refuse-offer'; readonly legId: LegId; readonly status: number }
  /** REFER on this leg. Answered by `refer-progress` inputs. */
  | {
      readonly kind: 'refer'
      readonly legId: LegId
      readonly target: string
      readonly headers: readonly NamedValue[]
      readonly credentials: SipCredentials | undefined
    }
  /** 202 to a REFER we received, then NOTIFY with sipfrag 100. */
  | { readonly kind: 'refer-accept'; readonly legId: LegId }
  | { readonly kind: 'refer-refuse'; readonly legId: LegId; readonly status: number }
  /** NOTIFY with a sipfrag of this status; final when >= 200 (RFC 3515 §2.4.5). */
  | { readonly kind: 'refer-notify'; readonly legId: LegId; readonly status: number }
  /** Asks the peer whether it still knows the call; `leg-lost` when it does not. Nothing when it does. */
  | { readonly kind: 'probe'; readonly legId: LegId }
  /** INFO with application/dtmf-relay on this leg. */
  | {
      readonly kind: 'send-dtmf-info'
      readonly legId: LegId
      readonly digit: string
      readonly durationMs: number
    }

/** Inputs: SIP to engine. */
export type SignalingInput =
  | IncomingCall
  /** CANCEL before our final response, already answered (200 and 487 went out). */
  | { readonly kind: 'leg-cancelled'; readonly legId: LegId }
  /** The ACK to our 200 arrived; `sdp` is the answer when our 200 carried the offer. */
  | { readonly kind: 'leg-confirmed'; readonly legId: LegId; readonly sdp: string | undefined }
  /** 18x on our INVITE; SDP when it had some (the latest early dialog wins). */
  | {
      readonly kind: 'leg-progress'
      readonly legId: LegId
      readonly status: number
      readonly sdp: string | undefined
    }
  /** First 2xx on our INVITE. Wants `confirm` (then perhaps `bye`). Every other 2xx is ACKed and BYEd below. */
  | {
      readonly kind: 'leg-accepted'
      readonly legId: LegId
      readonly sdp: string | undefined
      readonly headers: readonly NamedValue[]
    }
  /** Final refusal of our INVITE; `status` 0 when it could not be sent (no route, no address), 408 for no answer at all. */
  | {
      readonly kind: 'leg-refused'
      readonly legId: LegId
      readonly status: number
      readonly reason: string
      /** No response of any kind came. */
      readonly unheard: boolean
    }
  /** BYE from the far end; its 200 is the effect-free business of SIP and is sent at once. */
  | { readonly kind: 'leg-bye'; readonly legId: LegId; readonly headers: readonly NamedValue[] }
  /** The dialog is dead without a BYE from the peer. */
  | {
      readonly kind: 'leg-lost'
      readonly legId: LegId
      readonly why: LegLoss
      readonly status: number
    }
  /** re-INVITE or UPDATE with an offer, or a re-INVITE without one (then `accept-offer` carries ours). */
  | { readonly kind: 'leg-reoffered'; readonly legId: LegId; readonly sdp: string | undefined }
  /** The ACK brought the answer to the offer that `accept-offer` carried. */
  | { readonly kind: 'leg-reanswered'; readonly legId: LegId; readonly sdp: string }
  /** INFO with application/dtmf-relay or application/dtmf, one key. */
  | {
      readonly kind: 'leg-info-dtmf'
      readonly legId: LegId
      readonly digit: string
      readonly durationMs: number
    }
  /** NOTIFY sipfrag, or the refusal of our REFER (final, its own status); 408 when nothing final came in 60 s. */
  | { readonly kind: 'refer-progress'; readonly legId: LegId; readonly status: number }
  /** REFER from the far end; wants `refer-accept` or `refer-refuse`. */
  | { readonly kind: 'refer-received'; readonly legId: LegId; readonly target: string }

export type LegLoss =
  /** Our 2xx was never ACKed (RFC 3261 §13.3.1.4). */
  | 'no-ack'
  /** RFC 4028 expiry. */
  | 'session-expired'
  /** 481 or 408, or no answer, to an in-dialog request of ours. */
  | 'dialog-gone'
  /** A peer that required 100rel never sent PRACK. */
  | 'no-prack'

export interface IncomingCall {
  readonly kind: 'incoming-call'
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  /** User part of the From URI, or the whole URI when it has none. */
  readonly from: string
  /** User part of the Request-URI; decides the application. */
  readonly to: string
  readonly fromDisplayName: string | undefined
  readonly fromUri: string
  readonly toUri: string
  readonly source: { readonly kind: 'trunk' | 'user' | 'open'; readonly name: string }
  readonly sdp: string | undefined
  /** X- headers of the INVITE. */
  readonly customHeaders: readonly NamedValue[]
  /** User-to-User and Diversion. */
  readonly sipHeaders: readonly NamedValue[]
}
