// A webhook's signature checked as the older SDKs do it, with node:crypto alone: Ed25519 over `<timestamp>|<body>` with
// the 32 raw bytes of the public key, and no timestamp older than five minutes.
import { createPublicKey, verify } from 'node:crypto'
import type { Delivery } from './receiver.ts'

/** SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410 §4). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex')
const oldestSecs = 300

/** True when the delivery was signed by the owner of `publicKey` (base64); `body` in place of what came. */
export function signedBy(publicKey: string, delivery: Delivery, body = delivery.raw): boolean {
  const raw = Buffer.from(publicKey, 'base64')
  const key = createPublicKey({
    key: Buffer.concat([ed25519Prefix, raw]),
    format: 'der',
    type: 'spki',
  })
  const timestamp = String(delivery.headers['telnyx-timestamp'])
  const signature = String(delivery.headers['telnyx-signature-ed25519'])
  const fresh = Date.now() / 1000 - Number(timestamp) <= oldestSecs
  const signed = Buffer.from(`${timestamp}|${body}`)
  return fresh && verify(null, signed, key, Buffer.from(signature, 'base64'))
}
