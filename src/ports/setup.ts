// What an operator sets up: applications, the numbers they answer for, and the SIP users who may register. Part of it
// stands in the configuration file and is read-only here; the rest is made over the API and kept in the store. The call
// logic, the webhooks and SIP ask the same registry, so that a change holds from the next call, event or REGISTER on.

import type { ApplicationId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { Application } from './applications.ts'
import type { IncomingCall } from './signaling.ts'

/** Who made it, and so where it can be changed. */
export type Origin = 'file' | 'api'

export interface Stamps {
  readonly origin: Origin
  /** Wall ms; of what the file defines, when the server read it. */
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Fields that are kept and shown, and that nothing in a call hangs on. */
export interface ApplicationExtras {
  readonly anchorsiteOverride: string
  readonly redactDtmfDebugLogging: boolean
  readonly receiveSettings: 'from_anyone' | 'only_my_connections'
  readonly outboundVoiceProfileId: string
}

export type ApplicationSettings = Omit<Application, 'id' | 'numbers'> & ApplicationExtras

export type ApplicationRecord = Application & ApplicationExtras & Stamps

/** A called number or SIP user name and the application that answers for it. */
export interface NumberRecord extends Stamps {
  /** Made from the number, so that it stays the same over everything. */
  readonly id: string
  readonly number: string
  /** Null: nobody answers. */
  readonly applicationId: ApplicationId | null
  readonly tags: readonly string[]
  readonly customerReference: string
}

export type NumberSettings = Pick<NumberRecord, 'applicationId' | 'tags' | 'customerReference'>

/** A SIP user with the webhook settings of the calls that it makes. */
export interface ConnectionSettings {
  readonly name: string
  readonly userName: string
  readonly active: boolean
  /** With a webhook URL: the calls that the user makes are this connection's, whatever number they are to. */
  readonly parksCalls: boolean
  readonly webhookEventUrl: string
  readonly webhookEventFailoverUrl: string
  readonly webhookTimeoutSecs: number
  readonly dtmfType: Application['dtmfType']
  readonly inboundChannelLimit: number | undefined
  readonly outboundChannelLimit: number | undefined
  readonly sipUriCallingPreference: 'disabled' | 'unrestricted' | 'internal'
  readonly anchorsiteOverride: string
  readonly outboundVoiceProfileId: string
  readonly tags: readonly string[]
}

export interface ConnectionRecord extends ConnectionSettings, Stamps {
  readonly id: ApplicationId
}

/** A further SIP user of a connection, with a name and a password that we made. */
export interface CredentialRecord extends Stamps {
  /** UUID. */
  readonly id: string
  readonly connectionId: ApplicationId
  readonly userName: string
  readonly name: string
  readonly tag: string
  /** Wall ms; undefined: never. */
  readonly expiresAtMs: number | undefined
}

export type CredentialSettings = Pick<
  CredentialRecord,
  'connectionId' | 'name' | 'tag' | 'expiresAtMs'
>

export type SetupRefusal =
  | 'unknown'
  /** The configuration file defines it. */
  | 'from-file'
  /** The number or the user name belongs to somebody. */
  | 'taken'
  | 'application-unknown'
  | 'connection-unknown'
  /** As many as are kept. */
  | 'full'
  /** The disk does not take writes. */
  | 'unavailable'

export type Changed<T> = Promise<Result<T, SetupRefusal>>

/** One kind of thing that is made over the API. A change is in force at once, and on disk when its promise resolves. */
export interface Shelf<Id extends string, Settings, Kept> {
  /** Those of the file first, the others in the order in which they were made. */
  all(): readonly Kept[]
  get(id: Id): Kept | undefined
  update(id: Id, settings: Partial<Settings>): Changed<Kept>
  remove(id: Id): Changed<Kept>
}

export interface Setup {
  readonly applications: Shelf<ApplicationId, ApplicationSettings, ApplicationRecord> & {
    create(settings: ApplicationSettings): Changed<ApplicationRecord>
  }
  /** By id, or by the number itself. */
  readonly numbers: Shelf<string, NumberSettings, NumberRecord> & {
    create(number: string, settings: NumberSettings): Changed<NumberRecord>
  }
  readonly connections: Shelf<
    ApplicationId,
    ConnectionSettings & { readonly password: string },
    ConnectionRecord
  > & {
    create(settings: ConnectionSettings, password: string): Changed<ConnectionRecord>
  }
  readonly credentials: Shelf<string, CredentialSettings, CredentialRecord> & {
    /** The password is known only now. */
    create(settings: CredentialSettings): Changed<CredentialRecord & { readonly password: string }>
  }
}

/** The applications as calls and webhooks see them. */
export interface ApplicationBook {
  /**
   * Also one that was removed while calls of it are alive: it is not active then, so that nothing new begins. A connection
   * counts as an application of its users' calls.
   */
  get(id: ApplicationId): Application | undefined
  /** Who answers for a call; undefined: nobody. */
  answering(called: string, source: IncomingCall['source']): Application | undefined
}

/** H(user:realm:password), lower-case hexadecimal; at least one of both. */
export interface SipSecret {
  readonly ha1Md5?: string
  readonly ha1Sha256?: string
}

/** SIP users that come and go. */
export interface SipUserBook {
  secretOf(username: string): SipSecret | undefined
}
