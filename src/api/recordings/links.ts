// Links to recordings that work without the API key, for ten minutes: whoever fetches a recording is often another
// program than the one with the key. The signature covers the file and the second of its end, nothing else, so a link
// cannot be changed into another one (C120).

import { createHmac, timingSafeEqual } from 'node:crypto'

/** The vendor's links live as long. */
export const linkMs = 600_000

export interface RecordingLinks {
  /** Path and query of a link to the file, valid for ten minutes from `nowMs` (wall ms) on. */
  pathOf(fileName: string, nowMs: number): string
  isValid(fileName: string, expires: string, signature: string, nowMs: number): boolean
}

/** `secret`: random bytes that outlive the process. */
export function createRecordingLinks(secret: Uint8Array): RecordingLinks {
  const sign = (fileName: string, expires: string): string =>
    createHmac('sha256', secret).update(`recording\n${fileName}\n${expires}`).digest('base64url')
  return {
    pathOf(fileName, nowMs) {
      const expires = String(Math.ceil((nowMs + linkMs) / 1000))
      const name = encodeURIComponent(fileName)
      return `/recordings/${name}?expires=${expires}&signature=${sign(fileName, expires)}`
    },
    isValid(fileName, expires, signature, nowMs) {
      if (!/^\d{1,12}$/.test(expires) || Number(expires) * 1000 < nowMs) return false
      const right = Buffer.from(sign(fileName, expires))
      const given = Buffer.from(signature)
      return given.length === right.length && timingSafeEqual(given, right)
    },
  }
}
