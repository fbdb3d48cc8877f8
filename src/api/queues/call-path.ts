// The path of one queued call.

import { brandAs } from '../../base/ids.ts'
import type { LegId, QueueName } from '../../base/ids.ts'
import type { AnyRequest, ApiContext } from '../context.ts'
import { pathText } from '../operation.ts'

export const queueCallPath = '/v2/queues/:queue_name/calls/:call_control_id'
export const queueCallParams = { queue_name: pathText, call_control_id: pathText }

/** Queue and call that the path names, unchecked. */
export async function queueCallOf(
  context: ApiContext,
  request: AnyRequest,
  params: { readonly queue_name: string; readonly call_control_id: string },
): Promise<{ readonly queueName: QueueName; readonly legId: LegId }> {
  return {
    queueName: await context.queueName(request, params.queue_name),
    legId: brandAs<LegId>(params.call_control_id),
  }
}
