// How one leg hears another: its packets go out as they come while the codecs fit, only renumbered. Packets of a codec that
// does not fit are turned into sound and encoded anew, 20 ms per tick; that is decided by what really arrives, so a peer
// that changes its codec in mid-call is followed. Where the other side says what its silence sounds like (RFC 3389)
// instead of sending it, that noise is sent, so that the stream has no pause (C174, C176).

import { passes } from '../audio/codec.ts'
import type { CodecName } from '../audio/codec.ts'
import type { RtpHeader } from '../rtp/packet.ts'
import { Hearing } from './hearing.ts'
import type { RtpSender } from './sender.ts'

/** What a packet is by its payload type. */
export type PacketKind = CodecName | 'event' | 'noise' | 'other'

export class Listening {
  #transcoder: Hearing | undefined
  #noise: Hearing | undefined

  /** Whether the sound is encoded anew, so that keys cannot go out as they come either. */
  get transcodes(): boolean {
    return this.#transcoder !== undefined
  }

  /** Another leg is listened to, or the codec changed. */
  reset(): void {
    this.#transcoder = undefined
    this.#noise = undefined
  }

  /** A packet of the other leg. */
  hear(
    sender: RtpSender,
    header: Readonly<RtpHeader>,
    bytes: Uint8Array,
    kind: PacketKind,
    nowMs: number,
  ): void {
    if (kind === 'event' || kind === 'noise' || kind === 'other') {
      if (kind === 'noise')
        (this.#transcoder ?? (this.#noise ??= new Hearing())).putNoise(header, bytes)
      if (!this.transcodes) sender.relay(header, bytes, kind === 'event' ? kind : 'other', nowMs)
    } else if (passes(kind, sender.codec)) {
      this.reset()
      sender.relay(header, bytes, kind, nowMs)
    } else {
      this.#transcoder ??= new Hearing()
      this.#transcoder.put(header, bytes, kind)
    }
  }

  /** Once per tick: packets that fit have gone already; what is translated, or missing, is due now. */
  feed(sender: RtpSender, dueMs: number): void {
    const flows = sender.relayFlows(dueMs)
    const hearing = this.#transcoder ?? (flows ? undefined : this.#noise)
    if (hearing?.take() === true) sender.feedLinear(hearing.sound, dueMs)
    else if (!flows) sender.feedSilence(dueMs)
  }
}
