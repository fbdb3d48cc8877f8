// The service level that a queue should reach: how many of a hundred calls, within how many seconds.
import { useState } from 'preact/hooks'
import { ask, pathOf } from '../api/client.ts'
import type { QueueStatistics } from '../api/types.ts'
import { takeStatistics } from '../state/feed.ts'
import { tell } from '../state/notices.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Trouble } from '../ui/page.tsx'

export interface TargetProps {
  readonly one: QueueStatistics
  readonly onClose: () => void
}

export function TargetDialog({ one, onClose }: TargetProps) {
  const [trouble, setTrouble] = useState('')
  const name = one.queue_name ?? ''
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const form = new FormData(event.currentTarget)
    const answer = await ask<{ data: QueueStatistics }>(
      'PATCH',
      pathOf`/v2/queue_statistics/${name}`,
      {
        target_percent: Number(form.get('percent')),
        seconds: Number(form.get('seconds')),
      },
    )
    if (!answer.ok) return setTrouble(answer.refusal.text)
    takeStatistics([answer.body.data])
    tell(`The target of ${name} is changed.`)
    onClose()
  }
  return (
    <Dialog title={`Target of ${name}`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Percent of calls
          <input
            name="percent"
            type="number"
            min="1"
            max="100"
            required
            value={one.service_level.target_percent}
          />
        </label>
        <label>
          answered within seconds
          <input
            name="seconds"
            type="number"
            min="1"
            max="600"
            required
            value={one.service_level.seconds}
          />
        </label>
        <Trouble text={trouble} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Change
          </button>
        </div>
      </form>
    </Dialog>
  )
}
