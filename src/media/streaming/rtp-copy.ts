// A fork: what the call's peer says, and what it is sent, as two RTP streams of PCMU to two addresses (C205). There is no
// handshake and no answer; a target that is not there costs nothing.

import type { Datagrams, DatagramSocket } from '../../ports/datagrams.ts'
import type { Random } from '../../ports/random.ts'
import type { UdpTarget } from '../../ports/streaming.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { FrameRingReader } from '../audio/frame-ring.ts'
import { encodeUlaw } from '../audio/g711.ts'
import { RTP_HEADER_BYTES, writeRtpHeader } from '../rtp/packet.ts'
import type { FromStreamingThread, ToStreamingThread } from './protocol.ts'

const PCMU_TYPE = 0

export interface CopyParts {
  readonly datagrams: Datagrams
  readonly random: Random
  /** Whether an address may be sent to. */
  readonly mayReach: (address: string) => boolean
  readonly post: (message: FromStreamingThread) => void
  readonly over: (number: number) => void
}

type ForkMessage = Extract<ToStreamingThread, { op: 'fork' }>

export class RtpCopy {
  /** As of a stream: frames that were lost on the way here. */
  dropped = 0
  readonly #fork: ForkMessage
  readonly #parts: CopyParts
  readonly #frames: FrameRingReader
  #directions: readonly Direction[] = []
  #isOver = false
  #lost = 0

  constructor(fork: ForkMessage, parts: CopyParts) {
    this.#fork = fork
    this.#parts = parts
    this.#frames = new FrameRingReader(fork.frames)
  }

  async start(): Promise<void> {
    const { rx, tx } = this.#fork.order
    const { mayReach, post } = this.#parts
    try {
      if (!mayReach(rx.address) || !mayReach(tx.address)) {
        throw new Error('the address is not in egress.allow')
      }
      for (const target of [rx, tx]) this.#keep(await this.#open(target))
      if (!this.#isOver) post({ op: 'opened', number: this.#fork.number })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.stop()
      this.#parts.over(this.#fork.number)
      post({ op: 'ended', number: this.#fork.number, outcome: 'failed', why })
    }
  }

  tick(): void {
    const frames = this.#frames
    while (frames.read()) {
      const skipped = frames.lost - this.#lost
      this.#lost = frames.lost
      this.dropped += skipped
      this.#directions[0]?.send(frames.inbound, skipped)
      this.#directions[1]?.send(frames.outbound, skipped)
    }
  }

  stop(): void {
    this.#isOver = true
    for (const { socket } of this.#directions) socket.close()
    this.#directions = []
  }

  leave(): void {
    this.stop()
  }

  /** At once: when the second one fails the first is closed. */
  #keep(direction: Direction): void {
    if (this.#isOver) direction.socket.close()
    else this.#directions = [...this.#directions, direction]
  }

  async #open(target: UdpTarget): Promise<Direction> {
    const { datagrams, random } = this.#parts
    const host = target.address.includes(':') ? '::' : '0.0.0.0'
    const ignore = (): void => undefined
    const socket = await datagrams.bind({ host, port: 0, onMessage: ignore, onError: ignore })
    return new Direction(socket, target, random)
  }
}

class Direction {
  readonly socket: DatagramSocket
  readonly #target: UdpTarget
  readonly #ssrc: number
  readonly #packet = new Uint8Array(RTP_HEADER_BYTES + FRAME_SAMPLES)
  #sequence: number
  #timestamp: number
  #isFirst = true

  constructor(socket: DatagramSocket, target: UdpTarget, random: Random) {
    this.socket = socket
    this.#target = target
    this.#ssrc = random.below(2 ** 32)
    this.#sequence = random.below(2 ** 15)
    this.#timestamp = random.below(2 ** 31)
  }

  /** `skipped` frames before this one never came. */
  send(samples: Int16Array, skipped: number): void {
    this.#timestamp = (this.#timestamp + skipped * FRAME_SAMPLES) >>> 0
    const packet = this.#packet
    const marker = this.#isFirst || skipped > 0
    this.#isFirst = false
    writeRtpHeader(packet, 0, marker, PCMU_TYPE, this.#sequence, this.#timestamp, this.#ssrc)
    encodeUlaw(samples, packet, RTP_HEADER_BYTES)
    if (this.socket.queuedPackets() === 0) {
      this.socket.send(packet, this.#target.port, this.#target.address)
    }
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0
  }
}
