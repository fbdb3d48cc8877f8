// Contact (RFC 3261 §20.10): a list of name-addrs, or the single `*` of a REGISTER that removes every binding.

import type { HeaderFields } from '../types.ts'
import { parseNameAddr, type NameAddr } from './name-addr.ts'

export type Contacts =
  { readonly kind: 'all' } | { readonly kind: 'list'; readonly contacts: readonly NameAddr[] }

/** Every Contact value of a message; undefined when one is malformed or `*` stands beside others. No Contact is an empty list. */
export function parseContacts(headers: HeaderFields): Contacts | undefined {
  const values = headers.values('contact')
  if (values.includes('*')) return values.length === 1 ? { kind: 'all' } : undefined
  const contacts: NameAddr[] = []
  for (const value of values) {
    const contact = parseNameAddr(value)
    if (contact === undefined) return undefined
    contacts.push(contact)
  }
  return { kind: 'list', contacts }
}
