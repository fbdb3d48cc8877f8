// The file of a recording, under a link of its own: no API key, a signature and ten minutes (C120). One range of bytes is
// understood (RFC 9110 §14), so that players can jump.

import { Readable } from 'node:stream'
import type { Api, ApiContext } from '../context.ts'
import { Type } from '../schema.ts'

const types: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg' }

const schema = {
  hide: true,
  querystring: Type.Object({
    expires: Type.String({ default: '' }),
    signature: Type.String({ default: '' }),
  }),
}

/** GET /recordings/{file}?expires=…&signature=… */
export function downloadRecording(api: Api, context: ApiContext): void {
  const { clock, recordings } = context.options
  api.get<{ Params: { file: string }; Querystring: { expires: string; signature: string } }>(
    '/recordings/:file',
    { config: { open: true }, schema },
    async (request, reply) => {
      const { file } = request.params
      const { expires, signature } = request.query
      if (!recordings.links.isValid(file, expires, signature, clock.wallMs())) {
        return context.refuse(reply, [{ name: 'link-expired' }])
      }
      const opened = await recordings.files.open(file)
      if (opened === undefined) return context.refuse(reply, [{ name: 'recording-unknown' }])
      const range = rangeOf(request.headers.range, opened.sizeBytes)
      if (range === 'nowhere') {
        opened.close()
        reply.header('content-range', `bytes */${opened.sizeBytes}`)
        return context.refuse(reply, [{ name: 'range-unsatisfiable' }])
      }
      const { first, last } = range ?? { first: 0, last: opened.sizeBytes - 1 }
      if (range !== undefined) {
        reply.code(206).header('content-range', `bytes ${first}-${last}/${opened.sizeBytes}`)
      }
      reply.header('content-type', types[file.slice(-3)] ?? 'application/octet-stream')
      reply.header(
        'content-disposition',
        `attachment; filename*=UTF-8''${encodeURIComponent(file)}`,
      )
      reply.header('accept-ranges', 'bytes')
      reply.header('content-length', String(Math.max(0, last - first + 1)))
      return reply.send(Readable.from(opened.read(first, last), { objectMode: false }))
    },
  )
}

/** One range; undefined: the whole file (also for what is none, RFC 9110 §14.2); `nowhere`: behind its end. */
export function rangeOf(
  header: string | undefined,
  sizeBytes: number,
): { readonly first: number; readonly last: number } | 'nowhere' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (match === null) return undefined
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return undefined
  if (from === '') {
    const count = Math.min(Number(to), sizeBytes)
    return count === 0 ? 'nowhere' : { first: sizeBytes - count, last: sizeBytes - 1 }
  }
  const first = Number(from)
  const last = to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1)
  if (first >= sizeBytes) return 'nowhere'
  return last < first ? undefined : { first, last }
}
