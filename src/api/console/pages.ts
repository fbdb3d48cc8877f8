// The console's pages beside the API. They need no key: they hold nothing that is not public, and sign in by themselves.

import type { Api, ApiContext } from '../context.ts'

/** GET /console and everything below it. */
export function consolePages(api: Api, context: ApiContext): void {
  const { pages } = context.options
  if (pages === undefined) return
  const open = { config: { open: true }, schema: { hide: true } }
  for (const url of ['/console', '/console/*']) {
    api.get(url, open, async ({ raw, headers }, reply) => {
      const path = (raw.url ?? '').split('?', 1)[0] ?? ''
      const answer = pages({
        path: path.replace(/^\/console\/?/, ''),
        ifNoneMatch: headers['if-none-match'],
        acceptEncoding: headers['accept-encoding'],
      })
      reply.code(answer.status)
      for (const [name, value] of Object.entries(answer.headers)) reply.header(name, value)
      return reply.send(answer.body)
    })
  }
}
