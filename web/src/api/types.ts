// The parts of the API's objects that the pages read. The full description is the server's /openapi.json; the pages come
// from the same server, so its answers are taken as described.

export interface QueueStatistics {
  /** Null: all queues together. */
  readonly queue_name: string | null
  readonly as_of: string
  readonly waiting_now: number
  readonly oldest_enqueued_at: string | null
  /** One number for each of the last 60 minutes, the oldest first. */
  readonly waiting_history: readonly number[]
  readonly today: {
    readonly offered: number
    readonly answered: number
    readonly abandoned: number
    readonly short_abandoned: number
    readonly left_otherwise: number
  }
  readonly service_level: {
    readonly percent: number | null
    readonly seconds: number
    readonly target_percent: number
    readonly formula: string
  }
  readonly speed_of_answer: {
    readonly p50_secs: number | null
    readonly p90_secs: number | null
    readonly average_secs: number | null
  }
  readonly agents: { readonly talking_legs: number }
  /** Only of the total. */
  readonly webhooks?: { readonly backlog: number; readonly oldest_secs: number | null }
}

export interface QueueCall {
  readonly call_control_id: string
  readonly call_leg_id: string
  readonly call_session_id: string
  readonly connection_id: string
  readonly from: string
  readonly to: string
  readonly enqueued_at: string
  readonly queue_position: number
  readonly is_alive: boolean
}

/** One event of the stream and of GET /v2/events. */
export interface CallEvent {
  readonly event_type: string
  readonly id: string
  readonly occurred_at: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface Attempt {
  readonly status: 'delivered' | 'failed'
  readonly started_at: string
  readonly finished_at: string
  readonly errors: readonly number[]
  readonly http: {
    readonly request: { readonly url: string; readonly headers: readonly (readonly string[])[] }
    readonly response?: {
      readonly status: number
      readonly headers: readonly (readonly string[])[]
      readonly body: string
    }
  }
}

export interface WebhookDelivery {
  readonly id: string
  readonly status: 'delivered' | 'failed'
  readonly started_at: string
  readonly finished_at: string
  readonly webhook: CallEvent
  /** The newest first. */
  readonly attempts: readonly Attempt[]
}

export type Lane = 'sip' | 'command' | 'event' | 'webhook' | 'media'

export interface TimelineItem {
  readonly at: string
  readonly lane: Lane
  /** call_control_id */
  readonly leg: string
  readonly kind: string
  readonly summary: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly cursor: string
}

export interface TimelineLeg {
  readonly call_control_id: string
  readonly call_session_id: string
  readonly from: string
  readonly to: string
  readonly direction: string
  readonly state: string
  readonly queue_name: string | null
  readonly hangup_cause: string | null
  readonly started_at: string
  readonly answered_at: string | null
  readonly ended_at: string | null
}

export interface Timeline {
  readonly call_control_id: string
  readonly call_session_id: string
  readonly legs: readonly TimelineLeg[]
  readonly items: readonly TimelineItem[]
  /** Times in which not everything could be written down. */
  readonly gaps: readonly { readonly from: string; readonly to: string; readonly items: number }[]
}

export interface Application {
  readonly id: string
  readonly application_name: string
  readonly active: boolean
  readonly webhook_event_url?: string
  readonly tags: readonly string[]
}

export interface PhoneNumber {
  readonly id: string
  readonly phone_number: string
  readonly connection_id: string | null
  readonly connection_name: string | null
}

export interface Registration {
  readonly username: string
  readonly sip_uri: string
  readonly registered: boolean
  readonly contacts: readonly {
    readonly uri: string
    readonly transport: string
    readonly source: string
    readonly expires_at: string
    readonly since: string
    readonly behind_nat: boolean
  }[]
  readonly problem: string | null
}

export interface Trunk {
  readonly name: string
  readonly uri: string
  /** Null: not known yet. */
  readonly reachable: boolean | null
  readonly last_status: number | null
  readonly last_reason: string | null
  readonly last_answer_at: string | null
  readonly round_trip_ms: number | null
  readonly problem: string | null
}

export interface Paged {
  readonly page_number: number
  readonly page_size: number
  readonly total_pages: number
  readonly total_results: number
}
