// What a stream is asked for with: by streaming_start, and by `stream_url` on the commands that answer and dial.

import { brandAs } from '../base/ids.ts'
import type { StreamId } from '../base/ids.ts'
import type { NamedValue } from '../ports/signaling.ts'
import type { StreamCodecName, StreamOrder, StreamTarget, StreamTrack } from '../ports/streaming.ts'
import type { ApiContext } from './context.ts'
import type { Problem } from './problems.ts'
import { Type } from './schema.ts'

const codecNames = ['PCMU', 'PCMA', 'G722', 'OPUS', 'AMR-WB', 'L16'] as const

const streamUrl = Type.String({
  minLength: 1,
  'x-rule': 'stream-url',
  description:
    'WebSocket (ws or wss) that is sent the sound of the call, and may answer with its own.',
})

const settings = {
  stream_track: Type.Enum(['inbound_track', 'outbound_track', 'both_tracks'], {
    default: 'inbound_track',
    description: 'inbound: what the call says; outbound: what it hears.',
  }),
  stream_codec: Type.Enum([...codecNames, 'default'], {
    default: 'default',
    description: 'Of what is sent; `default` (and what this server cannot encode): as the call.',
  }),
  stream_bidirectional_mode: Type.Enum(['mp3', 'rtp'], {
    default: 'mp3',
    description:
      'What the far end sends: whole MP3 files, or sound of `stream_bidirectional_codec`.',
  }),
  stream_bidirectional_codec: Type.Enum(codecNames, { default: 'PCMU' }),
  stream_bidirectional_target_legs: Type.Enum(['both', 'self', 'opposite'], {
    default: 'opposite',
    description: 'Who hears the far end; without a bridge it is the call itself.',
  }),
  stream_bidirectional_sampling_rate: Type.Integer({
    default: 8000,
    'x-rule': 'sampling-rate',
    description: 'Of L16.',
  }),
  stream_auth_token: Type.Optional(
    Type.String({
      maxLength: 4000,
      'x-rule': 'printable',
      description: 'Sent as header `x-telnyx-streaming-auth-token`.',
    }),
  ),
  custom_parameters: Type.Array(
    Type.Object({
      name: Type.String({ minLength: 1, maxLength: 255 }),
      value: Type.String({ maxLength: 4096 }),
    }),
    { default: [], maxItems: 100, description: 'Told in the `start` message.' },
  ),
}

/** Of the commands that answer and dial. */
export const streamFields = { stream_url: Type.Optional(streamUrl), ...settings }

/** Of streaming_start. */
export const streamStartFields = { stream_url: streamUrl, ...settings }

export interface StreamParameters {
  readonly stream_url?: string
  readonly stream_track: StreamTrack
  readonly stream_codec: StreamCodecName | 'AMR-WB' | 'default'
  readonly stream_bidirectional_mode: 'mp3' | 'rtp'
  readonly stream_bidirectional_codec: StreamCodecName | 'AMR-WB'
  readonly stream_bidirectional_target_legs: StreamTarget
  readonly stream_bidirectional_sampling_rate: number
  readonly stream_auth_token?: string
  readonly custom_parameters: readonly NamedValue[]
}

type Read = { readonly stream?: StreamOrder } | { readonly problem: Problem }

/** The stream that is asked for, nothing, or what this server cannot decode (C201). */
export function streamOf(context: ApiContext, body: StreamParameters): Read {
  const { stream_url: url, stream_codec: codec, stream_bidirectional_codec: back } = body
  if (url === undefined) return {}
  const mode = body.stream_bidirectional_mode
  const backCodec = mode === 'mp3' ? 'PCMU' : known(context, back)
  if (backCodec === undefined) {
    const detail = `The codec ${back} is not supported by this server.`
    const pointer = '/stream_bidirectional_codec'
    return { problem: { name: 'parameter-refused', detail, pointer } }
  }
  return {
    stream: {
      streamId: brandAs<StreamId>(context.options.random.uuid()),
      url,
      track: body.stream_track,
      codec: codec === 'default' ? codec : (known(context, codec) ?? 'default'),
      mode,
      backCodec,
      backRate: body.stream_bidirectional_sampling_rate,
      targetLegs: body.stream_bidirectional_target_legs,
      customParameters: body.custom_parameters,
      authToken: body.stream_auth_token || undefined,
    },
  }
}

function known(
  context: ApiContext,
  codec: StreamCodecName | 'AMR-WB',
): StreamCodecName | undefined {
  if (codec === 'AMR-WB') return undefined
  return codec === 'OPUS' && !context.options.hasOpus() ? undefined : codec
}
