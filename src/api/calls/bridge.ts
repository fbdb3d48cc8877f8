import { brandAs } from '../../base/ids.ts'
import type { LegId, QueueName } from '../../base/ids.ts'
import type { BridgeTarget } from '../../ports/commands.ts'
import type { Api, ApiContext } from '../context.ts'
import {
  callControlId,
  commonFields,
  flag,
  lacking,
  muteDtmf,
  parkAfterUnbridge,
  queueName,
} from '../fields.ts'
import { bodyOperation, doneSchema } from '../operation.ts'
import { missing } from '../problems.ts'
import { recordFields, recordOf } from '../record-fields.ts'
import { Type } from '../schema.ts'
import { callParams, callPath, legIdOf } from './path.ts'

const ringtones = [
  ...['at', 'au', 'be', 'bg', 'br', 'ch', 'cl', 'cn', 'cz', 'de', 'dk', 'ee', 'es', 'fi', 'fr'],
  ...['gr', 'hu', 'il', 'in', 'it', 'jp', 'lt', 'mx', 'my', 'nl', 'no', 'nz', 'ph', 'pl', 'pt'],
  ...['ru', 'se', 'sg', 'th', 'tw', 'uk', 'us-old', 'us', 've', 'za'],
]

const schema = bodyOperation({
  tag: 'calls',
  summary: 'Bridge calls',
  description: 'With the call of `call_control_id`, or with the first call of `queue`.',
  path: callParams,
  body: Type.Object({
    call_control_id: Type.Optional(callControlId('The other call.')),
    queue: Type.Optional(queueName),
    video_room_id: lacking(),
    video_room_context: lacking(),
    ...commonFields,
    park_after_unbridge: parkAfterUnbridge,
    hold_after_unbridge: flag(false),
    play_ringtone: flag(false),
    ringtone: Type.Enum(ringtones, { default: 'us' }),
    mute_dtmf: muteDtmf,
    prevent_double_bridge: flag(false),
    ...recordFields,
  }),
  ok: doneSchema,
})

/** POST /v2/calls/{call_control_id}/actions/bridge */
export function bridge(api: Api, context: ApiContext): void {
  api.post(`${callPath}/actions/bridge`, { schema }, async (request, reply) => {
    const { body, params } = request
    const target = targetOf(body)
    if (target === undefined) {
      return context.refuse(reply, [{ ...missing('call_control_id'), pointer: '/call_control_id' }])
    }
    const command = {
      kind: 'bridge',
      legId: legIdOf(params),
      target,
      playRingtone: body.play_ringtone,
      ringtone: body.ringtone,
      muteDtmf: body.mute_dtmf,
      preventDoubleBridge: body.prevent_double_bridge,
      parkAfterUnbridge: body.park_after_unbridge === 'self',
      holdAfterUnbridge: body.hold_after_unbridge,
      ...recordOf(context.options.random, body),
    } as const
    return context.act(request, reply, command, body)
  })
}

// C2: both at once is for the engine to decide, which knows whether the id is a living call.
function targetOf(body: { call_control_id?: string; queue?: string }): BridgeTarget | undefined {
  const legId =
    body.call_control_id === undefined ? undefined : brandAs<LegId>(body.call_control_id)
  if (body.queue !== undefined) {
    return { kind: 'queue', queueName: brandAs<QueueName>(body.queue), legIdToo: legId }
  }
  return legId === undefined ? undefined : { kind: 'leg', legId }
}
