// Ends that the API has no shorter time for: half a minute of a call, a minute of a conference.
import assert from 'node:assert/strict'
import { dataOf, listOf, page, type Check } from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

const limitSecs = 30
const roomSecs = 60
/** How much later than due it may be told, on a machine that does other things. */
const lateMs = 15_000

const transfer = 'POST /calls/{call_control_id}/actions/transfer'

const check = (
  name: string,
  operation: string,
  secs: number,
  covers: readonly string[],
  run: Check['run'],
): Check => ({
  ...{ name, cites: page(operation), covers, needs: 'calls', takesMs: secs * 1_000, run },
})

/** Its end, when it is due. */
async function endOf(stage: ConformanceStage, id: string): Promise<Json> {
  const { payload } = await stage.webhooks.next(
    ({ type, payload: told }) => type === 'call.hangup' && told['call_control_id'] === id,
    `call.hangup of ${id}`,
    limitSecs * 1_000 + lateMs,
  )
  return payload
}

function assertLimited(payload: Json): void {
  assert.equal(payload['hangup_cause'], 'time_limit')
  const lastedMs =
    Date.parse(String(payload['end_time'])) - Date.parse(String(payload['start_time']))
  // The limit counts from the answer, which is not before the beginning.
  assert.ok(lastedMs >= limitSecs * 1_000 - 50, `it ended after ${lastedMs} ms`)
}

export const timeChecks: readonly Check[] = [
  check(
    'dial: time_limit_secs ends the call, with time_limit',
    'Dial',
    limitSecs,
    ['POST /calls#time_limit_secs', 'event call.hangup#hangup_cause=time_limit'],
    async (stage) => {
      const { id, call } = await stage.dialled({ time_limit_secs: limitSecs })
      assertLimited(await endOf(stage, id))
      assert.equal((await call.ended(lateMs)).by, 'peer')
    },
  ),
  check(
    'transfer: time_limit_secs ends the new call, with time_limit',
    'Transfer call',
    limitSecs,
    [`${transfer}#time_limit_secs`, 'event call.hangup#hangup_cause=time_limit'],
    async (stage) => {
      const caller = await stage.answered()
      const callee = await stage.phone()
      const to = callee.contactUri
      await stage.ok(caller.id, 'transfer', { to, time_limit_secs: limitSecs })
      const call = await callee.nextCall(10_000)
      const { payload } = await stage.webhooks.next(
        ({ type, payload: told }) => type === 'call.answered' && told['to'] === to,
        'call.answered of the new call',
      )
      assertLimited(await endOf(stage, String(payload['call_control_id'])))
      assert.equal((await call.ended(lateMs)).by, 'peer')
    },
  ),
  check(
    'conference: duration_minutes ends it, with time_exceeded',
    'Create conference',
    roomSecs,
    ['POST /conferences#duration_minutes', 'event conference.ended#reason=time_exceeded'],
    async (stage) => {
      const host = await stage.answered()
      const body = { call_control_id: host.id, name: stage.unique('brief'), duration_minutes: 1 }
      const made = dataOf(await stage.post('/conferences', body))
      const { payload } = await stage.webhooks.next(
        ({ type, payload: told }) =>
          type === 'conference.ended' && told['conference_id'] === made['id'],
        'conference.ended',
        roomSecs * 1_000 + lateMs,
      )
      assert.equal(payload['reason'], 'time_exceeded')
      const { status, end_reason, created_at } = dataOf(
        await stage.get(`/conferences/${String(made['id'])}`),
      )
      assert.deepEqual([status, end_reason], ['completed', 'time_exceeded'])
      const lastedMs = Date.parse(String(payload['occurred_at'])) - Date.parse(String(created_at))
      assert.ok(lastedMs >= roomSecs * 1_000 - 50, `it ended after ${lastedMs} ms`)
      const there = await stage.get(`/conferences/${String(made['id'])}/participants`)
      assert.ok(listOf(there).every((one) => one['status'] === 'left'))
      await stage.event(host.id, 'conference.participant.left')
    },
  ),
]
