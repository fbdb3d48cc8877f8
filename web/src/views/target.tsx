// The service level that a queue should reach: how many of a hundred calls, within how many seconds.
import { ask, pathOf } from '../api/client.ts'
import type { QueueStatistics } from '../api/types.ts'
import { takeStatistics } from '../state/feed.ts'
import { tell } from '../state/notices.ts'
import { FormDialog } from '../ui/dialog.tsx'

export interface TargetProps {
  readonly one: QueueStatistics
  readonly onClose: () => void
}

export function TargetDialog({ one, onClose }: TargetProps) {
  const name = one.queue_name ?? ''
  const { formula, target_percent: percent, seconds } = one.service_level
  const submit = async (textOf: (name: string) => string): Promise<string> => {
    const answer = await ask<{ data: QueueStatistics }>(
      'PATCH',
      pathOf`/v2/queue_statistics/${name}`,
      { target_percent: Number(textOf('percent')), seconds: Number(textOf('seconds')) },
    )
    if (!answer.ok) return answer.refusal.text
    takeStatistics([answer.body.data])
    tell(`The target of ${name} is changed.`)
    return ''
  }
  // Default values: figures that come while somebody writes must not take back what was written.
  return (
    <FormDialog title={`Target of ${name}`} action="Change" onClose={onClose} onSubmit={submit}>
      <p class="hint">Service level: {formula}</p>
      <label>
        Percent of calls
        <input name="percent" type="number" min="1" max="100" required defaultValue={percent} />
      </label>
      <label>
        answered within seconds
        <input name="seconds" type="number" min="1" max="600" required defaultValue={seconds} />
      </label>
    </FormDialog>
  )
}
