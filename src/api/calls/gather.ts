import type { GatherCommand } from '../../ports/commands.ts'
import type { AudioReference } from '../../ports/media-engine.ts'
import type { Api, ApiContext } from '../context.ts'
import { audioFields, commonFields } from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { missing, type Problem } from '../problems.ts'
import { Type } from '../schema.ts'
import { payloadText, speechFields, speechOf, type SpeechParameters } from '../speech.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const DIGITS_MAX = 128
const MILLIS_MAX = 120_000
const gatherIdLength = 10

const millis = (byDefault: number, own: 'timeout' | 'inter-digit' | 'initial', what: string) => {
  const names = {
    timeout: 'timeout-millis-invalid',
    'inter-digit': 'inter-digit-timeout-invalid',
    initial: 'initial-timeout-invalid',
  } as const
  return Type.Integer({
    ...{ minimum: 1, maximum: MILLIS_MAX, default: byDefault, 'x-own': names[own] },
    description: what,
  })
}

/** What all three have. */
export const digitFields = {
  minimum_digits: Type.Integer({
    ...{ minimum: 1, maximum: DIGITS_MAX, default: 1, 'x-own': 'minimum-digits-invalid' },
    description: 'Fewer are not valid.',
  }),
  maximum_digits: Type.Integer({
    ...{ minimum: 1, maximum: DIGITS_MAX, default: DIGITS_MAX, 'x-own': 'maximum-digits-invalid' },
    description: 'So many end the gather.',
  }),
  inter_digit_timeout_millis: millis(5000, 'inter-digit', 'Longest pause between two keys.'),
  terminating_digit: Type.String({
    ...{ default: '#', maxLength: 1, 'x-own': 'terminating-digit-invalid', 'x-rule': 'key' },
    description: 'Ends the gather and is not part of its digits. Empty: none.',
  }),
  valid_digits: Type.String({
    ...{ default: '0123456789#*', minLength: 1, maxLength: 16 },
    ...{ 'x-own': 'valid-digits-invalid', 'x-rule': 'keys' },
    description: 'Any other key makes the try invalid at once.',
  }),
}

export const promptedFields = {
  timeout_millis: millis(60_000, 'timeout', 'Silence after the prompt until it is played again.'),
  maximum_tries: Type.Integer({
    ...{ minimum: 1, maximum: DIGITS_MAX, default: 3, 'x-own': 'maximum-tries-invalid' },
    description: 'How often the prompt is played at most.',
  }),
}

const gatherId = Type.Optional(
  Type.String({
    ...{ minLength: 1, maxLength: 40, 'x-rule': 'printable' },
    description: 'Sent back in `call.gather.ended`; made up when it is missing.',
  }),
)

const operation = <Fields extends Parameters<typeof Type.Object>[0]>(
  summary: string,
  fields: Fields,
) =>
  bodyOperation({
    ...{ tag: 'calls', summary, path: callParams, ok: doneSchema },
    body: Type.Object(fields),
  })

const plainSchema = operation('Gather', {
  ...digitFields,
  timeout_millis: millis(60_000, 'timeout', 'Of the whole gather.'),
  initial_timeout_millis: millis(5000, 'initial', 'Until the first key.'),
  gather_id: gatherId,
  ...commonFields,
})

const audioSchema = operation('Gather using audio', {
  ...audioFields,
  invalid_audio_url: audioFields.audio_url,
  invalid_media_name: audioFields.media_name,
  ...digitFields,
  ...promptedFields,
  gather_id: gatherId,
  ...commonFields,
})

const speakSchema = operation('Gather using speak', {
  payload: payloadText,
  invalid_payload: Type.Optional(payloadText),
  ...speechFields,
  ...digitFields,
  ...promptedFields,
  gather_id: gatherId,
  ...commonFields,
})

const stopSchema = operation('Gather stop', commonFields)

interface DigitParameters {
  readonly minimum_digits: number
  readonly maximum_digits: number
  readonly timeout_millis: number
  readonly inter_digit_timeout_millis: number
  readonly initial_timeout_millis?: number
  readonly maximum_tries?: number
  readonly terminating_digit: string
  readonly valid_digits: string
  readonly gather_id?: string
}

interface Prompts {
  readonly prompt: AudioReference | undefined
  readonly invalidPrompt: AudioReference | undefined
}

/** POST /v2/calls/{call_control_id}/actions/gather */
export function gather(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/gather`, { schema: plainSchema }, async (request, reply) => {
    const { body, params } = request
    const none = { prompt: undefined, invalidPrompt: undefined }
    const command = gatherCommand(context, params, body, none)
    if ('problem' in command) return context.refuse(reply, [command.problem])
    return context.act(request, reply, command, body)
  })
}

/** POST /v2/calls/{call_control_id}/actions/gather_using_audio */
export function gatherUsingAudio(api: Api, context: ApiContext): void {
  const url = `${callPath}/actions/gather_using_audio`
  api.post(url, { schema: audioSchema }, async (request, reply) => {
    const { body, params } = request
    const prompts = await audioPrompts(context, body)
    if ('problem' in prompts) return context.refuse(reply, [prompts.problem])
    const command = gatherCommand(context, params, body, prompts)
    if ('problem' in command) return context.refuse(reply, [command.problem])
    return context.act(request, reply, command, body)
  })
}

/** POST /v2/calls/{call_control_id}/actions/gather_using_speak */
export function gatherUsingSpeak(api: Api, context: ApiContext): void {
  const url = `${callPath}/actions/gather_using_speak`
  api.post(url, { schema: speakSchema }, async (request, reply) => {
    const { body, params } = request
    const prompts = spokenPrompts(context, body)
    if ('problem' in prompts) return context.refuse(reply, [prompts.problem])
    const command = gatherCommand(context, params, body, prompts)
    if ('problem' in command) return context.refuse(reply, [command.problem])
    return context.act(request, reply, command, body)
  })
}

/** POST /v2/calls/{call_control_id}/actions/gather_stop */
export function gatherStop(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/gather_stop`, { schema: stopSchema }, async (request, reply) => {
    const { body, params } = request
    const command = { kind: 'gather-stop', legId: legIdOf(params) } as const
    return context.act(request, reply, command, body)
  })
}

/** The command of checked parameters. */
export function gatherCommand(
  context: ApiContext,
  params: Parameters<typeof legIdOf>[0],
  body: DigitParameters,
  prompts: Prompts,
): GatherCommand | { readonly problem: Problem } {
  if (body.minimum_digits > body.maximum_digits) {
    const detail = "The 'minimum_digits' parameter must not be above 'maximum_digits'."
    return { problem: { name: 'minimum-digits-invalid', detail, pointer: '/minimum_digits' } }
  }
  const { random } = context.options
  return {
    kind: 'gather',
    legId: legIdOf(params),
    gatherId: body.gather_id ?? random.token(gatherIdLength),
    playbackId: random.token(gatherIdLength),
    rules: {
      minimumDigits: body.minimum_digits,
      maximumDigits: body.maximum_digits,
      timeoutMs: body.timeout_millis,
      interDigitMs: body.inter_digit_timeout_millis,
      initialMs: body.initial_timeout_millis ?? body.timeout_millis,
      terminatingDigit: body.terminating_digit,
      validDigits: body.valid_digits,
      triesMax: body.maximum_tries ?? 1,
    },
    ...prompts,
  }
}

/** The files that the parameters name. */
export async function audioPrompts(
  context: ApiContext,
  body: {
    readonly audio_url?: string
    readonly media_name?: string
    readonly invalid_audio_url?: string
    readonly invalid_media_name?: string
  },
): Promise<Prompts | { readonly problem: Problem }> {
  const prompt = await context.audio(body)
  if ('problem' in prompt) return prompt
  if (prompt.audio === undefined) {
    return { problem: { ...missing('audio_url'), pointer: '/audio_url' } }
  }
  const { invalid_audio_url: url, invalid_media_name: name } = body
  const invalid = await context.audio({
    ...(url === undefined ? {} : { audio_url: url }),
    ...(name === undefined ? {} : { media_name: name }),
  })
  if ('problem' in invalid) return { problem: ofInvalid(invalid.problem) }
  return { prompt: prompt.audio, invalidPrompt: invalid.audio }
}

/** The same fault, told of the other field. */
function ofInvalid(problem: Problem): Problem {
  const { pointer } = problem
  return pointer === undefined
    ? problem
    : { ...problem, pointer: pointer.replace('/', '/invalid_') }
}

function spokenPrompts(
  context: ApiContext,
  body: SpeechParameters & { readonly payload: string; readonly invalid_payload?: string },
): Prompts | { readonly problem: Problem } {
  const prompt = speechOf(context, body.payload, body)
  if ('problem' in prompt) return prompt
  const { invalid_payload: words } = body
  if (words === undefined) return { prompt: prompt.speech, invalidPrompt: undefined }
  const invalid = speechOf(context, words, body, '/invalid_payload')
  if ('problem' in invalid) return invalid
  return { prompt: prompt.speech, invalidPrompt: invalid.speech }
}
