// Ids of what is made over the API: 64-bit integers as decimal text, like those of the hosted API.

import { createHash } from 'node:crypto'
import { brandAs, type ApplicationId } from '../base/ids.ts'
import type { Random } from '../ports/random.ts'

/** 19 digits, and below the largest signed 64-bit integer. */
const first = 1_000_000_000_000_000_000n
const count = 8_000_000_000_000_000_000n

/** An id that nobody has: random, so that an id of one server means nothing on another. */
export function freshId(random: Random, isTaken: (id: ApplicationId) => boolean): ApplicationId {
  let value = numberOf(random.bytes(8))
  for (;;) {
    const id = brandAs<ApplicationId>(String(first + (value % count)))
    if (!isTaken(id)) return id
    value += 1n
  }
}

/** The id of a number: made from it, so that a number of the file has one as well, the same at every start. */
export function idOfNumber(number: string): string {
  const digest = createHash('sha256').update(number, 'utf8').digest()
  return String(first + (numberOf(digest.subarray(0, 8)) % count))
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
}
