// Branded identifiers: mixing them does not compile.

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** One call leg: the API's `call_control_id`, opaque to everybody outside. */
export type LegId = Branded<'LegId'>
/** The API's `call_leg_id`, a UUID. */
export type LegUuid = Branded<'LegUuid'>
/** The API's `call_session_id`, a UUID shared by the linked legs of one logical call. */
export type SessionId = Branded<'SessionId'>
/** The API's `connection_id`: the id of a call control application, decimal. */
export type ApplicationId = Branded<'ApplicationId'>
/** 1 to 255 characters, case kept (C15). */
export type QueueName = Branded<'QueueName'>
/** The informational UUID of one life of a queue. */
export type QueueId = Branded<'QueueId'>
export type ConferenceId = Branded<'ConferenceId'>
export type ParticipantId = Branded<'ParticipantId'>
/** One store verb or media command; repeating it has no second effect. */
export type OperationId = Branded<'OperationId'>
/** One `playback_start` command. */
export type PlaybackId = Branded<'PlaybackId'>
/** One recording, a UUID. */
export type RecordingId = Branded<'RecordingId'>
/** One stream or fork of a call's sound, a UUID. */
export type StreamId = Branded<'StreamId'>
/** SIP Call-ID, as on the wire. */
export type SipCallId = Branded<'SipCallId'>

/** Names a plain string as one of the ids above; only edges that made or checked the string call it. */
export function brandAs<Id extends Branded<string>>(text: string): Id {
  return text as Id
}
