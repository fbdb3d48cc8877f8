// Callers and agents with scripts: robot phones that a test tells what to do and asks what they heard. Times here are
// real: SIP and sound are never hurried.

import type { Call, CallEnd } from '../lab/call.ts'
import type { IncomingCall } from '../lab/incoming-call.ts'
import type { Voice } from '../lab/line.ts'
import type { Phone } from '../lab/phone.ts'
import type { PhoneFaults } from '../lab/ua.ts'
import { pause } from './world.ts'

/** Hertz of a tone, or none. */
export type Sound = number | 'silence'

export interface Within {
  /** Milliseconds of real time. Default: 5000. */
  readonly within?: number
}

const withinMs = 5000
/** How long a key is held, and the pause before the next. */
const keyMs = 160
const keyGapMs = 80

export function voiceOf(sound: Sound): Voice {
  return sound === 'silence' ? { kind: 'silence' } : { kind: 'tone', hz: sound }
}

/** What callers and agents have in common once a call is there. */
export abstract class Person {
  /** As whom the server knows this person: `from` of a caller, the SIP user of an agent. */
  readonly name: string
  /** For what is not here. */
  readonly phone: Phone

  constructor(name: string, phone: Phone) {
    this.name = name
    this.phone = phone
  }

  /** The call that is meant; rejects when there is none within that time. */
  protected abstract current(within: number): Promise<Call>

  /** Misbehaviour of this phone: `mute`, `deaf` (one-way audio), `neverAck`, `loseBye`, `dead` and others. */
  get faults(): PhoneFaults {
    return this.phone.faults
  }

  /** Hears the tone, alone or mixed with others, from now on. */
  async hears(sound: Sound, { within = withinMs }: Within = {}): Promise<void> {
    const call = await this.current(within)
    if (sound === 'silence') return call.hearsSilence(within)
    return call.hears(sound, within)
  }

  /** Hears the tone and nothing else with it. */
  async hearsOnly(sound: number, { within = withinMs }: Within = {}): Promise<void> {
    return (await this.current(within)).hearsOnly(sound, within)
  }

  /** No packets come any more, which is not silence. */
  async hearsNothing({ within = withinMs }: Within = {}): Promise<void> {
    return (await this.current(within)).hearsNothing(within)
  }

  /** From now on. */
  async says(sound: Sound): Promise<void> {
    const call = await this.current(withinMs)
    call.say(voiceOf(sound))
  }

  /** Presses keys one after the other and resolves when the last one is let go. */
  async press(keys: string): Promise<void> {
    if (!/^[0-9A-D*#]+$/.test(keys)) {
      throw new Error(`"${keys}" cannot be pressed: keys are 0-9, A-D, * and #`)
    }
    const call = await this.current(withinMs)
    await call.sendDtmf(keys, 'rfc4733', keyMs)
    await pause(keys.length * (keyMs + keyGapMs))
  }

  /** Keys that the server has pressed so far. */
  async heardKeys(): Promise<string> {
    const call = await this.current(withinMs)
    return [...call.line.keys.map(({ key }) => key), ...call.infoKeys].join('')
  }

  async holds(): Promise<void> {
    const call = await this.current(withinMs)
    await call.hold()
  }

  async resumes(): Promise<void> {
    const call = await this.current(withinMs)
    await call.resume()
  }

  /** BYE, or CANCEL while it rings. */
  async hangsUp(): Promise<void> {
    const call = await this.current(withinMs)
    call.hangUp()
    await call.ended(withinMs)
  }

  /** Resolves with how, when somebody has ended the call. */
  async isHungUp({ within = withinMs }: Within = {}): Promise<CallEnd> {
    const call = await this.current(within)
    return call.ended(within)
  }

  async isAnswered({ within = withinMs }: Within = {}): Promise<void> {
    const call = await this.current(within)
    await call.answered(within)
  }
}

/** Somebody who has called the server. */
export class Caller extends Person {
  /** Of the leg that the server has made for this call. */
  readonly callControlId: string
  readonly call: Call

  constructor(name: string, phone: Phone, call: Call, callControlId: string) {
    super(name, phone)
    this.call = call
    this.callControlId = callControlId
  }

  protected current(): Promise<Call> {
    return Promise.resolve(this.call)
  }
}

/** Somebody whom the application calls. */
export class Agent extends Person {
  /** Where the application has to call. */
  readonly uri: string
  #call: IncomingCall | undefined

  constructor(name: string, phone: Phone, uri: string) {
    super(name, phone)
    this.uri = uri
  }

  /** The next call to this agent, which everything below is about from now on. */
  async isCalled({ within = withinMs }: Within = {}): Promise<IncomingCall> {
    this.#call = await this.phone.nextCall(within)
    return this.#call
  }

  /** For agents who answer by hand. */
  async answers({ within = withinMs }: Within = {}): Promise<void> {
    const call = await this.#ringing(within)
    call.answer()
  }

  /** 486 unless told otherwise. */
  async rejects(status = 486, { within = withinMs }: Within = {}): Promise<void> {
    const call = await this.#ringing(within)
    call.reject(status)
  }

  /** With headers of the INVITE, say. */
  get call(): IncomingCall | undefined {
    return this.#call
  }

  protected async current(within: number): Promise<Call> {
    return this.#call ?? this.isCalled({ within })
  }

  async #ringing(within: number): Promise<IncomingCall> {
    const known = this.#call
    return known !== undefined && known.state !== 'ended' && known.state !== 'up'
      ? known
      : this.isCalled({ within })
  }
}
