// How the SIP side of the set-up is doing, for people: who is registered, which trunks answer.

export interface ContactView {
  readonly uri: string
  readonly transport: 'UDP' | 'TCP'
  /** Where the REGISTER came from: `address:port`. */
  readonly source: string
  /** Wall ms. */
  readonly expiresAtMs: number
  readonly sinceMs: number
  /** It can only be reached the way it came: its address is a private one behind another. */
  readonly behindNat: boolean
}

export interface RegistrationView {
  readonly username: string
  readonly contacts: readonly ContactView[]
}

export interface TrunkView {
  readonly name: string
  readonly uri: string
  /** Undefined: not known yet, or not asked. */
  readonly reachable: boolean | undefined
  /** Of the last answer to OPTIONS. */
  readonly status: number | undefined
  readonly reason: string | undefined
  readonly answeredAtMs: number | undefined
  readonly roundTripMs: number | undefined
  readonly probedAtMs: number | undefined
  /** What is wrong, in words; undefined: nothing. */
  readonly problem: string | undefined
}

export interface SipSetup {
  /** Host part of the users' addresses. */
  readonly domain: string
  /** Every user that may register, also those who have not. */
  registrations(): readonly RegistrationView[]
  trunks(): readonly TrunkView[]
}
