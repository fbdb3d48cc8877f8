import type { ApplicationId } from '../base/ids.ts'

/** A call control application as the configuration file defines it; its id is the `connection_id` of its calls. */
export interface Application {
  readonly id: ApplicationId
  readonly name: string
  readonly active: boolean
  /** Empty: nothing is delivered, events are kept. */
  readonly webhookEventUrl: string
  readonly webhookEventFailoverUrl: string
  /** 0 means the default of C20. */
  readonly webhookTimeoutSecs: number
  /** E.164 numbers, SIP user names, or `*`. Inbound calls are matched exactly first, then by `*`. */
  readonly numbers: readonly string[]
  readonly dtmfType: 'RFC 2833' | 'Inband' | 'SIP INFO'
  readonly firstCommandTimeout: boolean
  readonly firstCommandTimeoutSecs: number
  readonly inboundChannelLimit: number | undefined
  readonly outboundChannelLimit: number | undefined
  readonly tags: readonly string[]
}
