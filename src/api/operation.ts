// Route schemas: one object per endpoint that checks, types and documents it. The answers are left out of the returned
// type on purpose: they document, they do not constrain what the shared `act` sends.

import type { TObject, TProperties, TSchema } from 'typebox'
import '@fastify/swagger' // Adds `tags`, `summary` and `security` to the route schema's type.
import { Type } from './schema.ts'

export const errorSchema = Type.Object({
  errors: Type.Array(
    Type.Object({
      code: Type.String(),
      title: Type.String(),
      detail: Type.String(),
      source: Type.Optional(
        Type.Object({
          pointer: Type.Optional(Type.String()),
          parameter: Type.Optional(Type.String()),
        }),
      ),
      meta: Type.Optional(Type.Object({}, { additionalProperties: true })),
    }),
  ),
})

const noBody = { type: 'null', description: 'Done.' }

interface About {
  readonly tag:
    | 'calls'
    | 'queues'
    | 'conferences'
    | 'recordings'
    | 'applications'
    | 'media'
    | 'events'
    | 'lab'
    | 'system'
  readonly summary: string
  readonly description?: string
}

function answers(ok: TSchema | undefined, created = false) {
  if (created && ok !== undefined) {
    return { 201: describedAs('Made.', ok), default: errorSchema }
  }
  return ok === undefined
    ? { 204: noBody, default: errorSchema }
    : { 200: describedAs('Done.', ok), default: errorSchema }
}

function describedAs(description: string, schema: TSchema): TSchema {
  return { description, ...schema }
}

const dataOf = (schema: TSchema) => Type.Object({ data: schema })

export const doneSchema = Type.Object({ result: Type.Literal('ok') })

/** A path parameter of any text; what it names is looked up, not checked. */
export const pathText = Type.String()

interface Parts<P extends TProperties> extends About {
  readonly path: P
  /** Schema of `data`; undefined: 204. */
  readonly ok?: TSchema
  /** Success is 201. */
  readonly created?: boolean
}

/** Schema of an operation with a body. */
export function bodyOperation<P extends TProperties, B extends TObject>(
  parts: Parts<P> & { readonly body: B },
): { params: TObject<P>; body: B } {
  const { tag, summary, description, path, body, ok, created } = parts
  return {
    ...{ tags: [tag], summary, ...(description === undefined ? {} : { description }) },
    params: Type.Object(path),
    body,
    ...{ response: answers(ok === undefined ? undefined : dataOf(ok), created) },
  }
}

/** Schema of an operation without body. */
export function plainOperation<P extends TProperties>(parts: Parts<P>): { params: TObject<P> } {
  const { tag, summary, description, path, ok } = parts
  return {
    ...{ tags: [tag], summary, ...(description === undefined ? {} : { description }) },
    params: Type.Object(path),
    ...{ response: answers(ok === undefined ? undefined : dataOf(ok)) },
  }
}

/** Schema of a list. */
export function listOperation<P extends TProperties, Q extends TObject>(
  parts: Parts<P> & { readonly query: Q; readonly item: TSchema; readonly meta: TSchema },
): { params: TObject<P>; querystring: Q } {
  const { tag, summary, description, path, query, item, meta } = parts
  return {
    ...{ tags: [tag], summary, ...(description === undefined ? {} : { description }) },
    params: Type.Object(path),
    querystring: query,
    ...{ response: answers(Type.Object({ data: Type.Array(item), meta })) },
  }
}
