// The error catalogue, as data: every answer that is not a success is one of these. docs/reference/errors.md is generated
// from it, and a test provokes each entry. Codes and titles are the vendor's published ones; numbers are never reused for
// something else, and none is invented in the 90xxx range.

import type { Refusal } from '../ports/commands.ts'
import { outboundRefusals } from './outbound-errors.ts'
import { digitErrors } from './digit-errors.ts'
import { speechErrors } from './speech-errors.ts'
import { recordingErrors } from './recording-errors.ts'
import { ownErrors } from './own-errors.ts'
import { streamingErrors } from './streaming-errors.ts'

export interface CatalogueEntry {
  /** HTTP status. */
  readonly status: number
  readonly code: string
  readonly title: string
  /** What the answer says unless the occasion has more to tell. */
  readonly detail: string
  /** For the reference: when it happens. */
  readonly meaning: string
  /** For the reference: what to do. */
  readonly remedy: string
}

const badRequest = 'Bad Request'
const notFound = 'Resource not found'
const notFoundDetail = 'The requested resource or URL could not be found.'
const invalidCallId = {
  status: 422,
  code: '90015',
  title: 'Invalid Call Control ID',
  detail: 'The call_control_id provided was not valid.',
}
const callEnded = {
  status: 422,
  code: '90018',
  title: 'Call has already ended',
  detail: "This call is no longer active and can't receive commands.",
}
const notAnswered = {
  status: 422,
  code: '90034',
  title: 'Call not answered yet',
  detail: "This call can't receive this command because it has not been answered yet.",
}
const useAnswered = 'Wait for `call.answered` of that leg.'
const useLiveLeg =
  'Take the id from the latest webhook or from the active calls of the application.'

const requestErrors = {
  'malformed-request': {
    status: 400,
    code: '10015',
    title: badRequest,
    detail: 'The request failed because it was not well-formed.',
    meaning: 'The request line, the path encoding or the kind of body cannot be understood.',
    remedy: 'Send a JSON object and percent-encode path segments.',
  },
  'invalid-json': {
    status: 400,
    code: '10023',
    title: 'Invalid JSON',
    detail: 'The supplied JSON is invalid.',
    meaning: 'The body is not JSON.',
    remedy: 'Check the body; an empty body counts as `{}`.',
  },
  'bad-encoding': {
    status: 400,
    code: '10028',
    title: 'Character encoding error',
    detail: 'Error decoding request body',
    meaning: 'The body is not UTF-8; the detail names the byte.',
    remedy: 'Encode the body as UTF-8.',
  },
  'authentication-failed': {
    status: 401,
    code: '10009',
    title: 'Authentication failed',
    detail:
      'The required authentication headers were either invalid or not included in the request.',
    meaning: 'No API key, a malformed header, or an unknown key. Checked before everything else.',
    remedy: 'Send `Authorization: Bearer <API key>`.',
  },
  'not-found': {
    status: 404,
    code: '10005',
    title: notFound,
    detail: notFoundDetail,
    meaning: 'No such path, call, application or action.',
    remedy: 'Compare the path with the API reference.',
  },
  'audio-not-found': {
    status: 404,
    code: '10005',
    title: 'Audio file not found',
    detail: "Provided audio file URL couldn't be found.",
    meaning: 'No file was uploaded as `media_name`, or `media_url` answers 404.',
    remedy: 'Upload the file first; it may have expired.',
  },
  'method-not-allowed': {
    status: 405,
    code: '10030',
    title: 'Method not allowed',
    detail: 'The URL is valid, but the method is not allowed.',
    meaning: 'The path exists with other methods; the `Allow` header lists them.',
    remedy: 'Use one of the listed methods.',
  },
  'events-gone': {
    status: 410,
    code: '10005',
    title: notFound,
    detail: 'Events after this cursor are no longer kept.',
    meaning:
      '`after` of the list of events is older than `events.keep_hours`, or a cursor of another server: going on there would miss events.',
    remedy:
      'Take `after=newest`, read the queues and their calls anew, then go on from that cursor.',
  },
  'body-too-large': {
    status: 413,
    code: '10015',
    title: 'Request body too large',
    detail: 'The request body is larger than this server accepts.',
    meaning: 'Beyond `limits.body_bytes`, or `limits.playback_body_bytes` for `playback_start`.',
    remedy: 'Send less, or raise the limit.',
  },
  'path-too-long': {
    status: 414,
    code: '10015',
    title: 'URI too long',
    detail: 'The request URI is longer than 8192 characters.',
    meaning: 'Path and query are longer than 8192 characters.',
    remedy: 'Shorten the request.',
  },
  'not-json': {
    status: 415,
    code: '10029',
    title: 'Expected JSON Content-Type',
    detail: "Must encode request as 'application/json'",
    meaning: 'A body of another content type. No content type at all is taken for JSON.',
    remedy: 'Set `Content-Type: application/json`.',
  },
  'rate-limited': {
    status: 429,
    code: '10011',
    title: 'Too many requests',
    detail: 'You have exceeded the maximum number of allowed requests.',
    meaning: 'More than `http.rate_limit_per_sec` requests with one key.',
    remedy: 'Wait for the seconds of `Retry-After`.',
  },
  internal: {
    status: 500,
    code: '10007',
    title: 'Internal server error',
    detail: 'Internal server error',
    meaning: 'A fault of the server; the log has it under the `x-request-id` of the answer.',
    remedy: 'Report it with that id.',
  },
} as const satisfies Record<string, CatalogueEntry>

const parameterErrors = {
  'parameter-missing': {
    status: 422,
    code: '10004',
    title: 'Missing required parameter',
    detail: 'A parameter is required and cannot be blank.',
    meaning: 'A required parameter is absent, null or empty; `source` names it.',
    remedy: 'Give the parameter.',
  },
  'parameter-refused': {
    status: 422,
    code: '10015',
    title: badRequest,
    detail: 'The request failed because it was not well-formed.',
    meaning:
      'A value that cannot be used, parameters that exclude each other, or a feature that this server does not have and whose silent omission would mislead.',
    remedy: 'The detail says what is wrong with which parameter.',
  },
  'number-malformed': {
    status: 422,
    code: '10016',
    title: 'Phone number must be in +E164 format',
    detail: 'The parameter must be in E164 format.',
    meaning: 'Neither `+` and digits nor (where allowed) a SIP URI.',
    remedy: 'Write numbers as `+15550100`.',
  },
  'media-encryption': {
    status: 422,
    code: '10011',
    title: 'Media encryption not supported for PSTN calls',
    detail: 'Media encryption is not supported for PSTN calls.',
    meaning: '`media_encryption` for a telephone number.',
    remedy: 'Leave it out.',
  },
  'string-length': {
    status: 422,
    code: '10025',
    title: 'String length out of range',
    detail: 'The string length is out of range.',
    meaning: 'A text is too short or too long; the detail has both limits.',
    remedy: 'Change its length.',
  },
  'parameter-type': {
    status: 422,
    code: '10026',
    title: 'Invalid parameter type',
    detail: 'The parameter has the wrong type.',
    meaning: 'A JSON type that is not the expected one; numbers in quotes are texts.',
    remedy: 'Send the type that the detail names.',
  },
  'not-enumerated': {
    status: 422,
    code: '10032',
    title: 'Invalid enumerated value',
    detail: 'The value must be one of the listed ones.',
    meaning: 'Not one of the possible values; the detail lists them.',
    remedy: 'Use one of them.',
  },
  'out-of-range': {
    status: 422,
    code: '10033',
    title: 'Value outside of range',
    detail: 'The value is outside of allowed range',
    meaning: 'A number or page outside the range that the detail names.',
    remedy: 'Stay within the range.',
  },
  'feature-off': {
    status: 422,
    code: '20015',
    title: 'Feature not enabled',
    detail: 'The feature is not enabled on your account.',
    meaning: 'An operation of the vendor that this server does not have; the detail names it.',
    remedy: 'See the compatibility page for what takes its place.',
  },
  'loop-invalid': {
    status: 422,
    code: '90009',
    title: 'Invalid value for loop',
    detail: "The 'loop' parameter must be an integer between 1 and 100, or the string 'infinity'.",
    meaning: 'Bad `loop`.',
    remedy: 'Use 1 to 100, or `infinity`.',
  },
  'stop-invalid': {
    status: 422,
    code: '90016',
    title: 'Invalid value for stop',
    detail: "The 'stop' parameter must be one of the documented strings.",
    meaning: 'Bad `stop`.',
    remedy: 'Use `current` or `all` (starting: also `overlay`).',
  },
  'client-state-invalid': {
    status: 422,
    code: '90017',
    title: 'Invalid value for client_state',
    detail: "The 'client_state' parameter must be a valid base64 string.",
    meaning: 'Not base64 of the standard alphabet, or more than 65536 characters.',
    remedy: 'Encode the state as base64.',
  },
  'timeout-secs-invalid': {
    status: 422,
    code: '90028',
    title: 'Invalid value for timeout_secs',
    detail: "The 'timeout_secs' parameter must be an integer between 5 and 600.",
    meaning: 'Bad `timeout_secs`.',
    remedy: 'Use 5 to 600.',
  },
  'time-limit-secs-invalid': {
    status: 422,
    code: '90029',
    title: 'Invalid value for time_limit_secs',
    detail: "The 'time_limit_secs' parameter must be an integer between 30 and 14400.",
    meaning: 'Bad `time_limit_secs`.',
    remedy: 'Use 30 to 14400.',
  },
  'webhook-urls-invalid': {
    status: 422,
    code: '90057',
    title: 'Invalid value for webhook_urls',
    detail: 'The keys must be webhook event types.',
    meaning: 'A key of `webhook_urls` or `webhook_retries_policies` is no event type.',
    remedy: 'Use event types such as `call.hangup`; the detail lists them.',
  },
} as const satisfies Record<string, CatalogueEntry>

const callRefusals = {
  'leg-unknown': {
    ...invalidCallId,
    meaning: 'The path names no call of this server.',
    remedy: useLiveLeg,
  },
  'leg-ended': { ...callEnded, meaning: 'The call has ended.', remedy: useLiveLeg },
  'other-leg-unknown': {
    ...invalidCallId,
    meaning: 'The other call of a bridge is unknown.',
    remedy: useLiveLeg,
  },
  'other-leg-ended': {
    ...callEnded,
    meaning: 'The other call of a bridge has ended.',
    remedy: useLiveLeg,
  },
  'other-leg-not-answered': {
    ...notAnswered,
    meaning: 'The other call of a bridge is an inbound one that was not answered.',
    remedy: useAnswered,
  },
  'not-answered': {
    ...notAnswered,
    meaning: 'The command needs an answered call.',
    remedy: useAnswered,
  },
  'wrong-direction': {
    status: 422,
    code: '90102',
    title: 'Command is invalid',
    detail: 'Call answer command cannot be issued for outbound calls.',
    meaning: '`answer` on an outbound call; `reject` on anything but an unanswered inbound call.',
    remedy: 'Use `hangup` instead of `reject`; outbound calls are answered by the callee.',
  },
  'bridge-with-self': {
    status: 422,
    code: '10015',
    title: badRequest,
    detail: "A call can't be bridged with itself.",
    meaning: '`bridge` names the same call twice.',
    remedy: 'Name the other call.',
  },
  'already-bridged': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'The call to bridge with is already bridged.',
    meaning: '`prevent_double_bridge` is set and the other call is in a bridge.',
    remedy: 'Choose another call, or leave the option out.',
  },
  'kept-caller-gone': {
    ...callEnded,
    meaning:
      'The first call of the queue had hung up and was kept; `meta` has what is needed to call back. It has left the queue.',
    remedy: 'Call the person back, or bridge again for the next caller.',
  },
  'application-unknown': {
    status: 422,
    code: '10015',
    title: 'Invalid value for connection_id (Call Control App ID)',
    detail:
      'The connection_id (Call Control App ID) is invalid or does not exist. Only call control apps with a valid webhook URL are accepted.',
    meaning: 'No active application has that id.',
    remedy: 'Use the id of an application of the configuration.',
  },
  'link-unknown': {
    ...invalidCallId,
    meaning: '`link_to` names no call of this server.',
    remedy: useLiveLeg,
  },
  'supervised-unknown': {
    ...invalidCallId,
    meaning: 'The `supervise_call_control_id` names no call of this server.',
    remedy: useLiveLeg,
  },
  'supervised-ended': {
    ...callEnded,
    meaning: 'The call of `supervise_call_control_id` has ended.',
    remedy: useLiveLeg,
  },
  'supervised-not-bridged': {
    status: 422,
    code: '10015',
    title: 'Invalid parameter',
    detail: "The 'supervise_call_control_id' parameter needs a call that is bridged.",
    meaning: 'The call of `supervise_call_control_id` is not bridged now.',
    remedy: 'Wait for its `call.bridged`.',
  },
  'not-supervising': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'The call does not supervise another one.',
    meaning:
      'switch_supervisor_role on a call that was dialled without `supervise_call_control_id`.',
    remedy: 'Use the call that was dialled to supervise.',
  },
  'link-ended': { ...callEnded, meaning: 'The call of `link_to` has ended.', remedy: useLiveLeg },
  'channel-limit': {
    status: 422,
    code: '90043',
    title: 'Connection channels limit exceeded',
    detail: 'The channel limit of the connection has been reached.',
    meaning: 'The application has `outbound_channel_limit` calls already.',
    remedy: 'Wait for calls to end, or raise the limit.',
  },
  'audio-refused': {
    status: 400,
    code: '90040',
    title: 'Downloading audio file failed',
    detail: "Provided audio file couldn't be downloaded.",
    meaning:
      'The audio URL is not allowed by `egress.allow`, cannot be fetched, or is no WAV or MP3.',
    remedy: 'Check the URL from the server, and `egress.allow`.',
  },
  'audio-queue-full': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'As many files as may wait are waiting already.',
    meaning: 'One more playback or speech, and the audio queue of the call or conference is full.',
    remedy: 'Wait for `call.playback.ended`, or send `stop`.',
  },
  'media-full': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'The server keeps as many media files as it may.',
    meaning: 'Another media file, and `limits.media_files` is reached.',
    remedy: 'Delete files, let them expire with `ttl_secs`, or raise the limit.',
  },
  'no-overlay-base': {
    status: 422,
    code: '10015',
    title: badRequest,
    detail: "The 'overlay' parameter needs a running playback that is not an overlay.",
    meaning: '`overlay` while nothing is being played.',
    remedy: 'Start the other playback first.',
  },
  unavailable: {
    status: 503,
    code: '10007',
    title: 'Service unavailable',
    detail: 'Service unavailable',
    meaning:
      'The server drains, waits for its disk, or a limit of the whole server is reached. Nothing was done.',
    remedy: 'Try again after the seconds of `Retry-After`.',
  },
} as const satisfies Record<string, CatalogueEntry>

const queueRefusals = {
  'not-queued': {
    status: 422,
    code: '90035',
    title: 'Call not in queue',
    detail: "The call isn't in a queue.",
    meaning: '`leave_queue` for a call that is in no queue, often a harmless race.',
    remedy: 'Go on.',
  },
  'queue-full': {
    status: 422,
    code: '90036',
    title: 'Queue full',
    detail: "The queue is full and can't accept more calls.",
    meaning: 'The queue has `max_size` calls; kept ones count.',
    remedy: 'Use another queue, or raise `max_size`.',
  },
  'queue-size-fixed': {
    status: 422,
    code: '90037',
    title: 'Queue max_size cannot be modified',
    detail: 'Queue exists and max_size cannot be modified.',
    meaning: '`enqueue` with another `max_size` than the existing queue has.',
    remedy: 'Leave it out, or change the queue by `POST /v2/queues/{queue_name}`.',
  },
  'already-queued': {
    status: 422,
    code: '90038',
    title: 'Call already in queue',
    detail: "Call can't be added to a queue it's already in.",
    meaning: 'Also a repeated `enqueue` without `command_id`.',
    remedy: 'Go on; the place in line is unchanged.',
  },
  'queue-empty': {
    status: 422,
    code: '10027',
    title: 'Queue is empty',
    detail: 'The queue has no calls to bridge with.',
    meaning:
      'Bridge on a queue without calls, or without existence; `meta.reason` is `queue_empty`.',
    remedy: 'Try again when a call is waiting.',
  },
  'queue-and-leg': {
    status: 422,
    code: '10015',
    title: badRequest,
    detail: "The 'queue' parameter can't be used together with call_control_id.",
    meaning: '`bridge` names a queue and a different living call.',
    remedy: 'Give one of them.',
  },
  'queue-unknown': {
    status: 404,
    code: '10005',
    title: notFound,
    detail: notFoundDetail,
    meaning: 'No such queue; empty queues vanish after `queues.collect_empty_after_secs`.',
    remedy: 'Create it, or enqueue a call.',
  },
  'queue-exists': {
    status: 422,
    code: '10012',
    title: 'Duplicate resource',
    detail: 'Resource is a duplicate.',
    meaning: 'A queue of that name exists.',
    remedy: 'Use it, or change its `max_size`.',
  },
  'queue-not-empty': {
    status: 400,
    code: '90050',
    title: 'Unable to delete queue',
    detail: 'Only empty queues can be deleted.',
    meaning: 'Calls are in the queue; kept ones count.',
    remedy: 'Remove its calls first.',
  },
  'queued-call-unknown': {
    status: 404,
    code: '10005',
    title: notFound,
    detail: notFoundDetail,
    meaning: 'No such queue, or the call is not in it.',
    remedy: 'List the calls of the queue.',
  },
} as const satisfies Record<string, CatalogueEntry>

const conferenceRefusals = {
  'conference-unknown': {
    status: 404,
    code: '90058',
    title: 'Invalid conference_id',
    detail: 'The conference does not exist.',
    meaning: 'No conference has that id or name.',
    remedy: 'Take the id from the answer that created it.',
  },
  'conference-ended': {
    status: 422,
    code: '90019',
    title: 'Conference has already ended',
    detail: "This conference is no longer active and can't receive commands.",
    meaning: 'The conference has ended.',
    remedy: 'Create a new one.',
  },
  'conference-full': {
    status: 422,
    code: '90032',
    title: 'Maximum number of participants reached',
    detail: 'The maximum allowed value of `max_participants` has been reached.',
    meaning: 'The conference has `max_participants` participants.',
    remedy: 'Create it with a higher number.',
  },
  'conference-name-taken': {
    status: 422,
    code: '90033',
    title: 'Unable to execute command',
    detail: "Conference with given name already exists and it's active.",
    meaning: 'Names are unique among running conferences.',
    remedy: 'Join that conference, or choose another name.',
  },
  'already-participant': {
    status: 422,
    code: '90044',
    title: 'Conference join not allowed',
    detail: 'Participant must not join the same conference twice.',
    meaning: 'The call is in that conference.',
    remedy: 'Go on.',
  },
  'not-participant': {
    status: 422,
    code: '10027',
    title: 'Unprocessable Entity',
    detail: 'The call is not a participant of this conference.',
    meaning: 'A conference command names a call that is not in it.',
    remedy: 'List the participants.',
  },
  'participant-unknown': {
    status: 404,
    code: '10005',
    title: notFound,
    detail: notFoundDetail,
    meaning: 'The conference has no such participant.',
    remedy: 'List the participants.',
  },
} as const satisfies Record<string, CatalogueEntry>

/** All entries; the names are ours and stay inside. */
export const catalogue = {
  ...requestErrors,
  ...parameterErrors,
  ...callRefusals,
  ...outboundRefusals,
  ...queueRefusals,
  ...conferenceRefusals,
  ...recordingErrors,
  ...ownErrors,
  ...digitErrors,
  ...speechErrors,
  ...streamingErrors,
} as const satisfies Record<string, CatalogueEntry>

export type ErrorName = keyof typeof catalogue

// The compiler finds a refusal of the engine that has no entry.
type Missing = Exclude<Refusal['code'], ErrorName | 'destination-refused'>
const nothingIsMissing: [Missing] extends [never] ? true : false = true
void nothingIsMissing
