// Events for readers outside, pulled instead of pushed: what the webhooks say, of all applications, in commit order.

export interface FeedItem {
  /** Where a reader stands who has this item and everything before it. */
  readonly cursor: string
  /** As in the webhook: `record_type`, `event_type`, `id`, `occurred_at`, `leg_sequence`, `payload`. */
  readonly data: Readonly<Record<string, unknown>>
}

export type FeedAnswer =
  | {
      readonly kind: 'events'
      readonly items: readonly FeedItem[]
      /** Cursor of the last item; without items where the reader stands already. */
      readonly next: string
    }
  /** The text was never a cursor. */
  | { readonly kind: 'malformed' }
  /** Events behind the cursor are no longer kept, or it is another server's. */
  | { readonly kind: 'gone' }

export interface EventFeed {
  /** Called whenever there is something new to read. Returns how to stop. */
  onCommit(wake: () => void): () => void
  /**
   * Events behind `after` (a cursor; undefined: from the oldest that is kept; `newest`: none, only the cursor;
   * `latest`: so that those at the end are given), at most `limit`. With none there it waits up to `waitMs` for the next commit.
   */
  read(after: string | undefined, limit: number, waitMs: number): Promise<FeedAnswer>
}
