// The published description of the API, from the same schemas that check requests.

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import { cookieName } from './sessions/access.ts'

/** Of this server. */
export const serverVersion = '0.1.0'

/** Options of the description's generator. */
export const descriptionOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: serverVersion,
      description: 'The part of the Telnyx Voice API v2 that Holdfast speaks.',
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: cookieName },
      },
    },
    security: [{ key: [] }, { session: [] }],
  },
  transform: ({ schema, url }) => ({ schema: published(schema ?? {}), url }),
}

// Our own keywords stay inside, and a field with a default is not required of the client.
function published(schema: FastifySchema): FastifySchema {
  return withoutOwn(schema) as FastifySchema // A copy of the same shape.
}

function withoutOwn(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutOwn)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node)
    .filter(([key]) => !key.startsWith('x-'))
    .map(([key, value]) => [key, withoutOwn(value)] as const)
  const copy: Record<string, unknown> = Object.fromEntries(entries)
  const { required, properties } = copy
  if (Array.isArray(required) && typeof properties === 'object' && properties !== null) {
    const fields = new Map(Object.entries(properties))
    copy['required'] = required.filter((name) => !hasDefault(fields.get(String(name))))
  }
  return copy
}

function hasDefault(field: unknown): boolean {
  return typeof field === 'object' && field !== null && 'default' in field
}
