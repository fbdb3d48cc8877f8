// Messages out of a byte stream (RFC 3261 §18.3, §7.5): Content-Length frames them, CRLFs between them are keep-alives
// (RFC 5626 §3.5.1). A head is searched and parsed once, however small the reads, and nothing is allocated for a
// Content-Length before its bytes have come.

import type { MessageLimits } from '../message/limits.ts'
import {
  findHeadEnd,
  finishHead,
  parseHead,
  type Head,
  type ParseError,
  type ParseOptions,
} from '../message/parse.ts'
import type { SipMessage } from '../message/types.ts'

export type Frame =
  | { readonly kind: 'message'; readonly message: SipMessage; readonly bytes: Uint8Array }
  /** CRLFCRLF: answer CRLF. */
  | { readonly kind: 'ping' }
  /** With `consumed` undefined the stream is beyond repair: answer and close. */
  | { readonly kind: 'error'; readonly error: ParseError }

const initialBytes = 2_048

export class StreamFramer {
  readonly #options: ParseOptions
  readonly #limits: MessageLimits
  #buffer = new Uint8Array(0)
  #length = 0
  /** Where the search for the end of the head goes on. */
  #searchFrom = 0
  #head: { readonly head: Head; readonly bodyStart: number } | undefined
  #lineEndBytes = 0
  /** End of the frame that `#next` handed out last. */
  #consumed = 0
  #broken = false

  constructor(limits: MessageLimits) {
    this.#limits = limits
    this.#options = { stream: true, limits }
  }

  /** A message has begun and is not complete. */
  get hasPartial(): boolean {
    return this.#length > 0
  }

  /** Everything that these bytes complete, in order. After a broken frame nothing more comes out. */
  push(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let rest = bytes
    while (!this.#broken) {
      if (this.#length === 0) rest = this.#eatLineEnds(rest, frames)
      this.#append(rest)
      rest = rest.subarray(rest.length)
      const frame = this.#next()
      if (frame === undefined) return frames
      frames.push(frame)
      rest = this.#takeRest()
      if (rest.length === 0) return frames
    }
    return frames
  }

  #eatLineEnds(bytes: Uint8Array, frames: Frame[]): Uint8Array {
    let at = 0
    for (; at < bytes.length && (bytes[at] === 0x0d || bytes[at] === 0x0a); at++) {
      this.#lineEndBytes++
      if (this.#lineEndBytes === 4) {
        frames.push({ kind: 'ping' })
        this.#lineEndBytes = 0
      }
    }
    if (at < bytes.length) this.#lineEndBytes = 0
    return bytes.subarray(at)
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const needed = this.#length + bytes.length
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(initialBytes, needed, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = needed
  }

  #next(): Frame | undefined {
    if (this.#length === 0) return undefined
    this.#head ??= this.#readHead()
    if (this.#head === undefined) return undefined
    const { head, bodyStart } = this.#head
    const end = bodyStart + (head.contentLength ?? 0)
    if (head.framingLost) return this.#break(head)
    if (end > this.#length) return undefined
    const result = finishHead(head, this.#buffer.slice(bodyStart, end), end)
    this.#consumed = end
    if (result.kind === 'message') {
      return { kind: 'message', message: result.message, bytes: this.#buffer.subarray(0, end) }
    }
    return result.kind === 'error' ? { kind: 'error', error: result } : undefined
  }

  #readHead(): { head: Head; bodyStart: number } | undefined {
    const bytes = this.#buffer.subarray(0, this.#length)
    const end = findHeadEnd(bytes, this.#searchFrom)
    if (end >= 0) return { head: parseHead(bytes, 0, end, this.#options), bodyStart: end + 4 }
    this.#searchFrom = Math.max(0, this.#length - 3)
    if (this.#length <= this.#limits.streamBytes) return undefined
    // Too large without an end: read what is there, to be able to answer, and give up.
    const head = parseHead(bytes, 0, this.#length, this.#options)
    return { head: { ...head, framingLost: true }, bodyStart: this.#length }
  }

  #break(head: Head): Frame | undefined {
    this.#broken = true
    const result = finishHead(head, undefined, undefined)
    this.#reset()
    return result.kind === 'error' ? { kind: 'error', error: result } : undefined
  }

  #takeRest(): Uint8Array {
    const rest = this.#buffer.slice(this.#consumed, this.#length)
    this.#reset()
    return rest
  }

  /** Gives the buffer back too: an idle connection holds no memory. */
  #reset(): void {
    this.#buffer = new Uint8Array(0)
    this.#length = 0
    this.#searchFrom = 0
    this.#head = undefined
    this.#consumed = 0
  }
}
