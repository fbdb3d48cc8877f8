// Randomness of the operating system.

import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Random } from '../ports/random.ts'

export function createRandom(): Random {
  return {
    bytes: (count) => randomBytes(count),
    uuid: () => randomUUID(),
    below: (limit) => randomInt(limit),
    // Three bytes give four characters of the alphabet.
    token: (length) =>
      randomBytes(Math.ceil((length * 3) / 4))
        .toString('base64url')
        .slice(0, length),
  }
}
