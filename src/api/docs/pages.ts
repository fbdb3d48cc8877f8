// The documentation beside the API. It needs no key: it is the text that everybody has who has the server.

import type { Api, ApiContext } from '../context.ts'

/** GET /docs and everything below it. */
export function docsPages(api: Api, context: ApiContext): void {
  const { docs } = context.options
  if (docs === undefined) return
  const open = { config: { open: true }, schema: { hide: true } }
  // Relative links start at the folder, so it has a slash.
  api.get('/docs', open, (_request, reply) => reply.redirect('/docs/', 308))
  api.get('/docs/*', open, async ({ raw, headers }, reply) => {
    const path = (raw.url ?? '').split('?', 1)[0] ?? ''
    const answer = docs({
      path: path.replace(/^\/docs\//, ''),
      ifNoneMatch: headers['if-none-match'],
      acceptEncoding: headers['accept-encoding'],
    })
    reply.code(answer.status)
    for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value)
    return reply.send(answer.body)
  })
}
