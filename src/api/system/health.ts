// What a process supervisor and a monitoring system ask; no key needed.

import type { TSchema } from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { Type } from '../schema.ts'
import '@fastify/swagger' // Adds `tags`, `summary` and `security` to the route schema's type.

const open = { open: true }

const about = (summary: string, response: Readonly<Record<number, TSchema>>) => ({
  ...{ tags: ['system'], summary, security: [] },
  ...{ response },
})

const health = about('Is the process alive', {
  200: Type.Object({ status: Type.Literal('ok') }, { description: 'It is.' }),
})

const readiness = about('Does the server take calls', {
  200: Type.Object({ status: Type.Literal('ready') }, { description: 'It does.' }),
  503: Type.Object(
    {
      status: Type.Enum(['starting', 'draining', 'degraded']),
      reasons: Type.Array(Type.String()),
    },
    { description: 'It does not, and why.' },
  ),
})

/** GET /health, /ready and /metrics */
export function systemState(api: Api, context: ApiContext): void {
  api.get('/health', { schema: health, config: open }, async (_request, reply) =>
    reply.send({ status: 'ok' }),
  )
  api.get('/ready', { schema: readiness, config: open }, async (_request, reply) => {
    const ready = context.options.ready()
    return reply.code(ready.status === 'ready' ? 200 : 503).send(ready)
  })
  const metrics = { hide: true }
  api.get('/metrics', { schema: metrics, config: open }, async (_request, reply) => {
    const text = await context.options.metricsText()
    return reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(text)
  })
}
