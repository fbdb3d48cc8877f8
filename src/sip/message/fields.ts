// HeaderFields over two parallel arrays: names in lower case for look-up, values unfolded and trimmed. A message has few
// enough headers that a linear search beats building a map for each.

import { lowerName } from './header-names.ts'
import { splitOutside } from './text.ts'
import type { HeaderFields } from './types.ts'

export class Fields implements HeaderFields {
  readonly #names: string[] = []
  readonly #keys: string[] = []
  readonly #values: string[] = []

  /** Only builders call this, before the message is handed out. */
  add(name: string, value: string): void {
    this.#names.push(name)
    this.#keys.push(lowerName(name))
    this.#values.push(value)
  }

  get count(): number {
    return this.#keys.length
  }

  first(name: string): string | undefined {
    const at = this.#keys.indexOf(lowerName(name))
    return at < 0 ? undefined : this.#values[at]
  }

  all(name: string): readonly string[] {
    const key = lowerName(name)
    const found: string[] = []
    for (let i = 0; i < this.#keys.length; i++) {
      if (this.#keys[i] === key) found.push(this.#values[i] ?? '')
    }
    return found
  }

  values(name: string): readonly string[] {
    const found: string[] = []
    for (const line of this.all(name)) {
      // A line whose quotes never close is one value; its parser will refuse it.
      for (const value of splitOutside(line, ',') ?? [line]) if (value !== '') found.push(value)
    }
    return found
  }

  has(name: string): boolean {
    return this.#keys.includes(lowerName(name))
  }

  /** Lower-case long names, in order. */
  keys(): readonly string[] {
    return this.#keys
  }

  *entries(): Iterable<readonly [name: string, value: string]> {
    for (let i = 0; i < this.#names.length; i++) yield [this.#names[i] ?? '', this.#values[i] ?? '']
  }
}

/** Header fields from pairs, for messages that we build ourselves. */
export function fieldsOf(pairs: Iterable<readonly [name: string, value: string]>): HeaderFields {
  const fields = new Fields()
  for (const [name, value] of pairs) fields.add(name, value)
  return fields
}
