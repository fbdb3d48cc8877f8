// One stream of packets turned into sound, 20 ms per tick: jitter buffer, decoder, concealment of what was lost, noise
// where the peer told it. Whoever needs samples (a mix, a tap, a leg of another codec) has one of its own. The sound is
// at the codec's own rate; `narrow` and `wide` give it at 8 and 16 kHz.

import { createDecoder, isWide } from '../audio/codec.ts'
import type { CodecName } from '../audio/codec.ts'
import { ComfortNoise } from '../audio/comfort-noise.ts'
import { Concealer } from '../audio/concealer.ts'
import type { FrameDecoder } from '../audio/frame-codec.ts'
import { Doubler, Halver } from '../audio/resample.ts'
import { BLOCK_BYTES, ByteBuffer } from '../rtp/byte-buffer.ts'
import type { RtpHeader } from '../rtp/packet.ts'
import { PacketBuffer } from '../rtp/packet-buffer.ts'

/** RFC 6716: 120 ms, and the 20 ms that may be left of the packet before. */
const OPUS_ROOM = 1920 + 320

export class Hearing {
  #codec: CodecName | undefined
  #decoder: FrameDecoder | undefined
  #concealer = new Concealer(8000)
  readonly #bytes = new ByteBuffer()
  #packets: PacketBuffer | undefined
  readonly #block = new Uint8Array(BLOCK_BYTES)
  #frame = new Int16Array(160)
  #other = new Int16Array(160)
  #otherFresh = false
  #doubler: Doubler | undefined
  #halver: Halver | undefined
  /** Decoded Opus that was not heard yet. */
  #ahead = new Int16Array(0)
  #aheadCount = 0
  #scratch = new Int16Array(BLOCK_BYTES * 2)
  #noise: ComfortNoise | undefined
  #noisy = false
  /** The peer spoke after its noise: the next sound ends it. */
  #noiseEnds = false
  /** The last block was sound, so what is missing now can be concealed. */
  #sounding = false

  /** Whether the sound is 16 kHz. */
  get isWide(): boolean {
    return this.#codec !== undefined && isWide(this.#codec)
  }

  /** A packet of audio as it arrived or left. */
  put(header: PacketPlace, bytes: Uint8Array, codec: CodecName): void {
    if (codec !== this.#codec) this.#become(codec)
    this.#noiseEnds = true
    const { ssrc, sequence, timestamp, payloadOffset, payloadLength } = header
    if (this.#packets === undefined) {
      this.#bytes.put(ssrc, timestamp, bytes, payloadOffset, payloadLength)
    } else this.#packets.put(ssrc, sequence, bytes, payloadOffset, payloadLength)
  }

  /** Comfort noise of the peer: heard from when its speech has run out until it speaks again. */
  putNoise(header: PacketPlace, bytes: Uint8Array): void {
    if (header.payloadLength === 0) return
    this.#noise ??= new ComfortNoise()
    this.#noise.set(bytes[header.payloadOffset]!)
    this.#noisy = true
    this.#noiseEnds = false
  }

  /** Decodes the next 20 ms; false when there is nothing to hear. */
  take(): boolean {
    this.#otherFresh = false
    const heard = this.#packets === undefined ? this.#takeBytes() : this.#takePackets(this.#packets)
    if (heard) return true
    this.#sounding = false
    if (!this.#noisy || this.#noise === undefined) return false
    this.#noise.fill(this.#frame)
    return true
  }

  /** What `take` heard at the codec's own rate: 160 or 320 samples, used again by the next. */
  get sound(): Int16Array {
    return this.#frame
  }

  /** What `take` heard as 160 samples; used again by the next. */
  narrow(): Int16Array {
    if (!this.isWide) return this.#frame
    if (!this.#otherFresh) (this.#halver ??= new Halver()).halve(this.#frame, this.#other)
    this.#otherFresh = true
    return this.#other
  }

  /** What `take` heard as 320 samples; used again by the next. */
  wide(): Int16Array {
    if (this.isWide) return this.#frame
    if (!this.#otherFresh) (this.#doubler ??= new Doubler()).double(this.#frame, this.#other)
    this.#otherFresh = true
    return this.#other
  }

  #become(codec: CodecName): void {
    // The two laws differ in a table only.
    const rates = this.#codec !== undefined && isWide(codec) === this.isWide
    this.#codec = codec
    this.#decoder = createDecoder(codec)
    this.#packets = codec === 'OPUS' ? new PacketBuffer() : undefined
    if (codec === 'OPUS') this.#ahead = new Int16Array(OPUS_ROOM)
    this.#aheadCount = 0
    this.#bytes.clear()
    this.#sounding = false
    if (rates) return
    const wide = isWide(codec)
    this.#concealer = new Concealer(wide ? 16_000 : 8000)
    this.#frame = new Int16Array(wide ? 320 : 160)
    this.#other = new Int16Array(wide ? 160 : 320)
  }

  /** Two blocks of 10 ms; sound for one of them is sound. */
  #takeBytes(): boolean {
    const size = this.#frame.length >> 1
    let heard = false
    for (let half = 0; half < 2; half++) {
      const at = half * size
      const taken = this.#bytes.take(this.#block, 0)
      if (taken === 'held') {
        this.#decoder!.decode(this.#block, 0, BLOCK_BYTES, this.#scratch)
        for (let i = 0; i < size; i++) this.#frame[at + i] = this.#scratch[i]!
        this.#good(at)
        heard = true
      } else if (taken === 'lost' && this.#conceals()) {
        this.#concealer.conceal(this.#frame, at)
        heard = true
      } else {
        // The peer stopped on purpose: nothing is late.
        if (taken === 'lost' && this.#noisy) this.#bytes.stop()
        this.#frame.fill(0, at, at + size)
      }
    }
    return heard
  }

  #takePackets(packets: PacketBuffer): boolean {
    packets.tick()
    const ahead = this.#ahead
    const size = this.#frame.length
    let concealed = false
    while (this.#aheadCount < size) {
      const taken = packets.take()
      let count = 0
      if (taken === 'held') {
        const room = ahead.subarray(this.#aheadCount)
        count = this.#decoder!.decode(packets.packet, 0, packets.length, room)
      }
      if (count > 0) {
        for (let at = 0; at + this.#concealer.block <= count; at += this.#concealer.block) {
          this.#concealer.good(ahead, this.#aheadCount + at)
        }
        this.#sounded()
        this.#aheadCount += count
      } else if (taken === 'none' || concealed || !this.#conceals()) {
        break
      } else {
        concealed = true
        this.#concealer.conceal(ahead, this.#aheadCount)
        this.#concealer.conceal(ahead, this.#aheadCount + this.#concealer.block)
        this.#aheadCount += 2 * this.#concealer.block
      }
    }
    if (this.#aheadCount === 0) return false
    const count = Math.min(size, this.#aheadCount)
    for (let i = 0; i < count; i++) this.#frame[i] = ahead[i]!
    this.#frame.fill(0, count)
    ahead.copyWithin(0, count, this.#aheadCount)
    this.#aheadCount -= count
    return true
  }

  #good(at: number): void {
    if (!this.#sounding) this.#concealer.reset()
    this.#sounded()
    this.#concealer.good(this.#frame, at)
  }

  #sounded(): void {
    this.#sounding = true
    if (this.#noiseEnds) this.#noisy = false
  }

  #conceals(): boolean {
    return this.#sounding && !this.#noisy && !this.#concealer.exhausted
  }
}

/** What is needed of a header. */
export type PacketPlace = Readonly<
  Pick<RtpHeader, 'ssrc' | 'sequence' | 'timestamp' | 'payloadOffset' | 'payloadLength'>
>
