// What can be done for a caller in a queue, each by one request of the public API. Nothing that takes a caller's place away
// happens without being asked for twice.
import { useEffect, useState } from 'preact/hooks'
import { ask, getAll, pathOf } from '../api/client.ts'
import type { Answer } from '../api/client.ts'
import type { Registration } from '../api/types.ts'
import type { Caller } from '../model/callers.ts'
import { partyText } from '../model/format.ts'
import { tell } from '../state/notices.ts'
import { queueNames } from '../state/feed.ts'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { listenTo } from '../ui/listen.ts'
import { Trouble } from '../ui/page.tsx'

export type ActKind = 'take' | 'move' | 'listen' | 'remove' | 'hangup'

export interface Act {
  readonly kind: ActKind
  readonly caller: Caller
}

export interface CallerActionsProps {
  readonly act: Act
  readonly queueName: string
  readonly onClose: () => void
}

export function CallerActions({ act, queueName, onClose }: CallerActionsProps) {
  const { kind, caller } = act
  const number = partyText(caller.from)
  const run = async (asked: Promise<Answer<unknown>>, done: string): Promise<void> => {
    const answer = await asked
    if (answer.ok) tell(done)
    else tell(answer.refusal.text, true)
  }
  useEffect(() => {
    if (kind !== 'listen') return
    listenTo(caller.id)
    onClose()
  }, [act])
  switch (kind) {
    case 'listen':
      return null
    case 'take':
      return <TakeDialog {...{ caller, onClose }} />
    case 'move':
      return <MoveDialog {...{ caller, queueName, onClose }} />
    case 'remove':
      return (
        <Confirm
          title={`Remove ${number} from ${queueName}?`}
          text="The caller loses the place in the queue and stays on the phone; what comes next is up to the application."
          action="Remove"
          onConfirm={() =>
            void run(
              ask('DELETE', pathOf`/v2/queues/${queueName}/calls/${caller.id}`),
              `${number} is out of the queue.`,
            )
          }
          onClose={onClose}
        />
      )
    case 'hangup':
      return (
        <Confirm
          title={`Hang up on ${number}?`}
          text="The call ends at once."
          action="Hang up"
          onConfirm={() =>
            void run(
              ask('POST', pathOf`/v2/calls/${caller.id}/actions/hangup`, {}),
              `${number} is hung up.`,
            )
          }
          onClose={onClose}
        />
      )
  }
}

interface DialogProps {
  readonly caller: Caller
  readonly onClose: () => void
}

/** Users with a phone that is registered now, as suggestions. */
function useAgents(): readonly string[] {
  const [users, setUsers] = useState<readonly string[]>([])
  useEffect(() => {
    void getAll<Registration>('/v2/sip_registrations?filter[registered]=true').then((answer) => {
      if (answer.ok) setUsers(answer.body.map(({ username }) => username))
    })
  }, [])
  return users
}

/**
 * Calls a number or agent, who is bridged to the caller when answering. Until then the caller stays in the queue: when
 * nobody answers, no place is lost.
 */
function TakeDialog({ caller, onClose }: DialogProps) {
  const [trouble, setTrouble] = useState('')
  const agents = useAgents()
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const to = String(new FormData(event.currentTarget).get('to') ?? '').trim()
    const answer = await ask('POST', '/v2/calls', {
      connection_id: caller.connectionId,
      ...{ to, from: caller.to, link_to: caller.id },
      ...{ bridge_intent: true, bridge_on_answer: true },
    })
    if (!answer.ok) return setTrouble(answer.refusal.text)
    tell(`${to} is being called.`)
    onClose()
  }
  return (
    <Dialog title={`Take ${partyText(caller.from)}`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Number or SIP address of who takes the call
          <input
            name="to"
            required
            autofocus
            list="agents"
            placeholder="+15550100 or sip:agent@example.org"
          />
        </label>
        <datalist id="agents">
          {agents.map((user) => (
            <option key={user} value={user} />
          ))}
        </datalist>
        <p class="hint">The caller keeps the place until somebody answers.</p>
        <Trouble text={trouble} />
        <Buttons action="Call" onClose={onClose} />
      </form>
    </Dialog>
  )
}

function MoveDialog({ caller, queueName, onClose }: DialogProps & { readonly queueName: string }) {
  const [trouble, setTrouble] = useState('')
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const name = String(new FormData(event.currentTarget).get('queue') ?? '').trim()
    const answer = await ask('POST', pathOf`/v2/calls/${caller.id}/actions/enqueue`, {
      queue_name: name,
    })
    if (!answer.ok) return setTrouble(answer.refusal.text)
    tell(`${partyText(caller.from)} is at the end of ${name}.`)
    onClose()
  }
  return (
    <Dialog title={`Move ${partyText(caller.from)}`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          To the end of queue
          <input name="queue" required autofocus list="queues" />
        </label>
        <datalist id="queues">
          {queueNames.value
            .filter((name) => name !== queueName)
            .map((name) => (
              <option key={name} value={name} />
            ))}
        </datalist>
        <Trouble text={trouble} />
        <Buttons action="Move" onClose={onClose} />
      </form>
    </Dialog>
  )
}

function Buttons({ action, onClose }: { readonly action: string; readonly onClose: () => void }) {
  return (
    <div class="buttons">
      <button type="button" onClick={onClose}>
        Cancel
      </button>
      <button type="submit" class="primary">
        {action}
      </button>
    </div>
  )
}
