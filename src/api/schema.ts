// Builds the schemas of the endpoints. The types are typebox's; its code is 370 modules, most of them for values, unions
// and conversions that are not used here, and reading them took a tenth of every start. What is used of it builds plain
// JSON schema, as here.

import type * as Typebox from 'typebox'

type Options = Readonly<Record<string, unknown>>
type Schema = Readonly<Record<string, unknown>>

type Used =
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe'

/** Optional fields are remembered here: what is published names the required ones. */
const optional = new WeakSet<Schema>()

const builders: Readonly<Record<Used, (...args: never[]) => Schema>> = {
  Array: (items: Schema, options?: Options) => ({ type: 'array', items, ...options }),
  Boolean: (options?: Options) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly string[], options?: Options) => ({ enum: [...values], ...options }),
  Integer: (options?: Options) => ({ type: 'integer', ...options }),
  Literal: (value: string | number | boolean, options?: Options) => ({
    ...{ type: typeof value, const: value },
    ...options,
  }),
  Null: (options?: Options) => ({ type: 'null', ...options }),
  Number: (options?: Options) => ({ type: 'number', ...options }),
  Object: (properties: Readonly<Record<string, Schema>>, options?: Options) => {
    const required = Object.entries(properties)
      .filter(([, schema]) => !optional.has(schema))
      .map(([name]) => name)
    return {
      type: 'object',
      ...(required.length === 0 ? {} : { required }),
      properties,
      ...options,
    }
  },
  Optional: (schema: Schema) => {
    const copy = { ...schema }
    optional.add(copy)
    return copy
  },
  String: (options?: Options) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options?: Options) => ({ anyOf, ...options }),
  Unknown: (options?: Options) => ({ ...options }),
  Unsafe: (schema: Schema) => schema,
}

/** The part of typebox's `Type` that the endpoints use. `schema.test.ts` holds the two against each other. */
export const Type = builders as unknown as Pick<typeof Typebox.Type, Used>
