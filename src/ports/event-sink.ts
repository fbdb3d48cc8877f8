import type { StampedEvent } from './events.ts'
import type { DeliveryRow } from './store.ts'

/** The webhook room as the driver sees it. */
export interface EventSink {
  /** Pure: the deliveries that these events owe, stored in the same commit. Empty where nobody is to be told. */
  deliveriesFor(events: readonly StampedEvent[]): readonly DeliveryRow[]
  /** The commit is on disk: delivery may start. In commit order. */
  committed(events: readonly StampedEvent[], deliveries: readonly DeliveryRow[]): void
}
