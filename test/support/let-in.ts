import type { OutgoingCall } from '../../src/lab/outgoing-call.ts'
import type { Phone } from '../../src/lab/phone.ts'

/** Calls, and calls again after a 503: a server that has just started on a busy machine says so, and people obey. */
export async function letIn(phone: Phone, to: string): Promise<OutgoingCall> {
  for (;;) {
    const call = await phone.call(to)
    await call.ringing(20_000)
    if (call.end?.status !== 503) return call
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}
