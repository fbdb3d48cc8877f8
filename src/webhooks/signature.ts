// Ed25519 over `<timestamp>|<body>`, as receivers' SDKs verify it. The key is 32 random bytes, made at the first start
// and kept in the data directory; receivers are given the public half once and must never have to be given another.

import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'
import type { Random } from '../ports/random.ts'

/** RFC 8410 §7: the ASN.1 that goes before the 32 bytes of an Ed25519 private key. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const keyBytes = 32

export interface WebhookSigner {
  /** Standard base64 of the raw 32 bytes: 44 characters. */
  readonly publicKey: string
  /** A UUID that names this key: the `id` of `GET /v2/public_key`. */
  readonly keyId: string
  /** Headers for a body sent at `nowMs` (wall ms). */
  headers(body: string, nowMs: number): SignedHeaders | Promise<SignedHeaders>
}

export type SignedHeaders = Readonly<Record<string, string>>

export type Sign = (bytes: Buffer, key: KeyObject) => Buffer | Promise<Buffer>

/** In the calling thread, 43 us each: for virtual time. */
export const signHere: Sign = (bytes, key) => sign(null, bytes, key)

/** In the threads that Node keeps for such work: of those 43 us about 10 are left to the calling thread. */
export const signInPool: Sign = (bytes, key) =>
  new Promise((resolve, reject) => {
    sign(null, bytes, key, (error, signature) => {
      if (error === null) resolve(signature)
      else reject(error)
    })
  })

/** Where the key is kept; only the owner may read it. */
export interface KeyFile {
  read(): string | undefined
  write(text: string): void
}

/**
 * Reads the signing key, or makes it.
 * @throws Error when the file holds something else; it is left as it is.
 */
export function createWebhookSigner(
  file: KeyFile,
  random: Random,
  signWith: Sign = signHere,
): WebhookSigner {
  const seed = readSeed(file) ?? makeSeed(file, random)
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const raw = spki.subarray(spki.length - keyBytes)
  return {
    publicKey: raw.toString('base64'),
    keyId: uuidFrom(createHash('sha256').update(raw).digest()),
    headers(body, nowMs) {
      const timestamp = String(Math.floor(nowMs / 1000))
      const signature = signWith(Buffer.from(`${timestamp}|${body}`), privateKey)
      const signed = (bytes: Buffer): SignedHeaders => ({
        'telnyx-timestamp': timestamp,
        'telnyx-signature-ed25519': bytes.toString('base64'),
      })
      return signature instanceof Promise ? signature.then(signed) : signed(signature)
    },
  }
}

function readSeed(file: KeyFile): Buffer | undefined {
  const text = file.read()?.trim()
  if (text === undefined) return undefined
  const seed = Buffer.from(text, 'base64')
  if (seed.length !== keyBytes || seed.toString('base64') !== text) {
    throw new Error('the file of the webhook signing key is damaged; restore it from a backup')
  }
  return seed
}

function makeSeed(file: KeyFile, random: Random): Buffer {
  const seed = Buffer.from(random.bytes(keyBytes))
  file.write(`${seed.toString('base64')}\n`)
  return seed
}

/** RFC 9562 §5.8: version 8, for ids that an application derives its own way. */
function uuidFrom(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const cuts = [0, 8, 12, 16, 20, 32]
  return cuts
    .slice(1)
    .map((end, index) => hex.slice(cuts[index], end))
    .join('-')
}
