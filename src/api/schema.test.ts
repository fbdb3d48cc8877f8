import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as typebox from 'typebox'
import { Type } from './schema.ts'

test('schemas are those that typebox builds', () => {
  for (const [name, build] of Object.entries(schemas)) {
    const ours: unknown = build(Type)
    const theirs: unknown = build(typebox.Type)
    // As text: what is published, in its order, without the marks that typebox hides in its objects.
    assert.equal(JSON.stringify(ours), JSON.stringify(theirs), name)
  }
})

const schemas: Readonly<Record<string, (type: typeof Type) => unknown>> = {
  array: (type) => type.Array(type.String(), { maxItems: 3 }),
  boolean: (type) => type.Boolean({ default: false }),
  enum: (type) => type.Enum(['a', 'b'], { default: 'a' }),
  integer: (type) => type.Integer({ minimum: 1 }),
  number: (type) => type.Number({ maximum: 2 }),
  null: (type) => type.Null({ description: 'nothing' }),
  string: (type) => type.String({ maxLength: 3, 'x-own': 'number-invalid' }),
  union: (type) => type.Union([type.String(), type.Null()], { description: 'one of' }),
  unknown: (type) => type.Unknown({ 'x-lacking': [false] }),
  unsafe: (type) => type.Unsafe<number | null>({ type: ['number', 'null'] }),
  'literal text': (type) => type.Literal('ok', { description: 'done' }),
  'literal flag': (type) => type.Literal(true),
  'literal number': (type) => type.Literal(1),
  'no fields': (type) => type.Object({}),
  'only optional fields': (type) => type.Object({ a: type.Optional(type.Null()) }),
  'an optional field is not required, one of the same schema is': (type) => {
    const field = type.String()
    return type.Object({ a: type.Optional(field), b: field }, { additionalProperties: true })
  },
  'a copy of an optional field is required': (type) => {
    const field = type.Optional(type.String())
    return type.Object({ a: { ...field, description: 'copied' } })
  },
}
