// What a recording is asked for with: by record_start, and by `record` on the commands that answer, dial and bridge.

import { brandAs } from '../base/ids.ts'
import type { RecordingId } from '../base/ids.ts'
import type { RecordingOrder } from '../ports/recorder.ts'
import type { Random } from '../ports/random.ts'
import { flag, lacking } from './fields.ts'
import { Type } from './schema.ts'

const fileName = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 40,
    'x-rule': 'printable',
    description: 'Instead of the call_leg_id; the second of the beginning is added.',
  }),
)

const trim = Type.Optional(
  Type.Enum(['trim-silence'], { description: 'Leaves out silence at both ends.' }),
)

const timeoutSecs = Type.Integer({
  default: 0,
  minimum: 0,
  maximum: 43_200,
  'x-own': 'record-timeout-invalid',
  description: 'Ends after so much silence, once something was heard; 0: never.',
})

/** Fields of record_start. `format` and `channels` have no default there. */
export const recordStartFields = {
  format: Type.Enum(['wav', 'mp3'], { 'x-own': 'format-invalid' }),
  channels: Type.Enum(['single', 'dual'], {
    'x-own': 'channels-invalid',
    description: 'dual: what the call says on channel A, what it hears on B.',
  }),
  max_length: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 14_400,
    description: 'Seconds; 0: no limit.',
  }),
  play_beep: flag(false),
  recording_track: Type.Enum(['both', 'inbound', 'outbound'], {
    default: 'both',
    'x-own': 'recording-track-invalid',
    description: 'One direction alone makes one channel.',
  }),
  timeout_secs: timeoutSecs,
  trim,
  custom_file_name: fileName,
  transcription: lacking(false),
}

/** Fields of a conference's record_start. */
export const conferenceRecordFields = {
  format: recordStartFields.format,
  channels: Type.Enum(['single', 'dual'], {
    default: 'single',
    'x-own': 'channels-invalid',
    description: 'dual: who made the conference on channel A, all others on B.',
  }),
  play_beep: flag(false),
  trim,
  custom_file_name: fileName,
}

/** The recording that stop, pause and resume are about. */
export const recordingIdField = Type.Optional(
  Type.String({ maxLength: 100, description: 'Without it: every recording of the call.' }),
)

/** `record` and `record_*` of answer, bridge, dial and transfer. */
export const recordFields = {
  record: Type.Optional(Type.Enum(['record-from-answer'])),
  record_channels: Type.Enum(['single', 'dual'], {
    default: 'dual',
    'x-own': 'channels-invalid',
  }),
  record_format: Type.Enum(['wav', 'mp3'], { default: 'mp3', 'x-own': 'format-invalid' }),
  record_max_length: Type.Integer({ default: 0, minimum: 0, maximum: 43_200 }),
  record_timeout_secs: timeoutSecs,
  record_track: Type.Enum(['both', 'inbound', 'outbound'], {
    default: 'both',
    'x-own': 'recording-track-invalid',
  }),
  record_trim: trim,
  record_custom_file_name: fileName,
}

interface Start {
  readonly format: 'wav' | 'mp3'
  readonly channels: 'single' | 'dual'
  readonly max_length?: number
  readonly play_beep: boolean
  readonly recording_track?: 'both' | 'inbound' | 'outbound'
  readonly timeout_secs?: number
  readonly trim?: 'trim-silence'
  readonly custom_file_name?: string
}

/** The order that record_start gives. */
export function orderOf(random: Random, body: Start): RecordingOrder {
  return {
    recordingId: brandAs<RecordingId>(random.uuid()),
    format: body.format,
    channels: body.channels,
    track: body.recording_track ?? 'both',
    maxLengthMs: (body.max_length ?? 0) * 1000,
    silenceMs: (body.timeout_secs ?? 0) * 1000,
    trim: body.trim !== undefined,
    beep: body.play_beep,
    customFileName: body.custom_file_name,
  }
}

export interface RecordParameters {
  readonly record?: 'record-from-answer'
  readonly record_channels: 'single' | 'dual'
  readonly record_format: 'wav' | 'mp3'
  readonly record_max_length: number
  readonly record_timeout_secs: number
  readonly record_track: 'both' | 'inbound' | 'outbound'
  readonly record_trim?: 'trim-silence'
  readonly record_custom_file_name?: string
}

/** The order that `record` gives, as a part of a command; empty: nothing is to be recorded. */
export function recordOf(
  random: Random,
  body: RecordParameters,
): { readonly record?: RecordingOrder } {
  if (body.record === undefined) return {}
  const { record_trim: trim, record_custom_file_name: name } = body
  const record = orderOf(random, {
    format: body.record_format,
    channels: body.record_channels,
    max_length: body.record_max_length,
    play_beep: false,
    recording_track: body.record_track,
    timeout_secs: body.record_timeout_secs,
    ...(trim === undefined ? {} : { trim }),
    ...(name === undefined ? {} : { custom_file_name: name }),
  })
  return { record }
}

/** An id of a client, looked up as it is. */
export function recordingIdOf(text: string | undefined): RecordingId | undefined {
  return text === undefined || text === '' ? undefined : brandAs<RecordingId>(text)
}
