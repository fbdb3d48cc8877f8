// Where the bytes of an upload come from: a URL in a JSON body, or the file part of a form. Both bring the same fields.

import multipart from '@fastify/multipart'
import type { TSchema } from 'typebox'
import type { FastifyRequest } from 'fastify'
import { mediaTtlSecsMax } from '../../ports/media-files.ts'
import type { Api, ApiContext } from '../context.ts'
import { RequestRefused } from '../problems.ts'
import type { Problem } from '../problems.ts'
import { Type } from '../schema.ts'
import { checkAgainst } from '../validate.ts'
import type { FieldSchema } from '../validate.ts'

export const mediaFields = {
  media_url: Type.Optional(
    Type.String({
      minLength: 1,
      'x-rule': 'web-url',
      description: 'http(s) URL of WAV or MP3; instead of it, a form may carry the file `media`.',
    }),
  ),
  ttl_secs: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: mediaTtlSecsMax,
      description: 'The file goes by itself after this time; default: two days.',
    }),
  ),
}

export interface MediaRequest {
  /** What the fields said, checked. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The file of a form. */
  readonly file: Buffer | undefined
}

/** Registers endpoints that also take forms. */
export function withForms(api: Api, context: ApiContext, endpoints: (inner: Api) => void): void {
  const fileSize = context.options.config.limits.media_file_bytes
  void api.register(async (inner) => {
    await inner.register(multipart, {
      throwFileSizeLimit: true,
      limits: { fileSize, files: 1, fields: 10, fieldSize: 8192, headerPairs: 100 },
    })
    endpoints(inner as Api) // Same server, typed again.
  })
}

/**
 * Reads either form of body.
 * @throws RequestRefused for what breaks `schema` or the limits
 */
export async function readMediaRequest(
  context: ApiContext,
  request: FastifyRequest,
  schema: TSchema,
): Promise<MediaRequest> {
  const form = request.isMultipart() ? await readForm(request) : undefined
  const given = form === undefined ? request.body : form.fields
  const fields = schema as FieldSchema // JSON schema, as written by the endpoints.
  const checked = checkAgainst(fields, given, 'body', context.options.checkUrl)
  if (!checked.ok) throw new RequestRefused(checked.problems)
  return { fields: checked.value, file: form?.file }
}

async function readForm(request: FastifyRequest) {
  const fields: Record<string, unknown> = {}
  let file: Buffer | undefined
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') file = await part.toBuffer()
      else fields[part.fieldname] = typed(part.fieldname, part.value)
    }
  } catch (error) {
    throw new RequestRefused([formProblem(error)])
  }
  return { fields, file }
}

/** Fields of forms are texts. */
function typed(name: string, value: unknown): unknown {
  const isCount = name === 'ttl_secs' && typeof value === 'string' && /^\d{1,15}$/.test(value)
  return isCount ? Number(value) : value
}

function formProblem(error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return { name: code === 'FST_REQ_FILE_TOO_LARGE' ? 'body-too-large' : 'malformed-request' }
}

/** The bytes that a request means; undefined: it names none. */
export async function mediaBytes(
  context: ApiContext,
  { fields, file }: MediaRequest,
): Promise<{ readonly bytes: Uint8Array | undefined } | { readonly problem: Problem }> {
  const { media_url: url } = fields
  if (typeof url !== 'string') return { bytes: file }
  const pointer = '/media_url'
  if (file !== undefined) {
    const detail = "The 'media_url' parameter can't be used together with a file."
    return { problem: { name: 'parameter-refused', detail, pointer } }
  }
  if (context.options.checkUrl(url) !== undefined) {
    return { problem: { name: 'audio-refused', pointer } }
  }
  const fetched = await context.options.media.download(url)
  if (fetched.ok) return { bytes: fetched.bytes }
  const isAbsent = fetched.status === 'file_not_found'
  return { problem: { name: isAbsent ? 'audio-not-found' : 'audio-refused', pointer } }
}

/** Milliseconds of `ttl_secs`. */
export function ttlMsOf({ fields }: MediaRequest): number | undefined {
  const { ttl_secs: secs } = fields
  return typeof secs === 'number' ? secs * 1000 : undefined
}

/** What is said about bytes that were not kept. */
export function putProblem(context: ApiContext, why: 'unplayable' | 'full'): Problem {
  if (why === 'unplayable') {
    const detail = 'The media is neither WAV nor MP3.'
    return { name: 'parameter-refused', detail, pointer: '/media_url' }
  }
  const most = context.options.config.limits.media_files
  return { name: 'media-full', detail: `The server keeps at most ${most} media files.` }
}
