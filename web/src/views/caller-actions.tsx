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
import { watchTake } from '../state/take.ts'
import { Confirm, FormDialog } from '../ui/dialog.tsx'

export type ActKind = 'take' | 'move' | 'remove' | 'hangup'

export interface Act {
  readonly kind: ActKind
  readonly caller: Caller
}

export interface CallerActionsProps {
  readonly act: Act
  readonly queueName: string
  /** Whether the caller still waits: others take callers too, and callers hang up. */
  readonly isThere: boolean
  /** Who is being called for the caller; empty: nobody. */
  readonly called: string
  readonly onClose: () => void
}

export function CallerActions(props: CallerActionsProps) {
  const { act, queueName, isThere, called, onClose } = props
  const { kind, caller } = act
  const number = partyText(caller.from)
  const news = isThere ? '' : `${number} does not wait here any more.`
  const run = async (asked: Promise<Answer<unknown>>, done: string): Promise<void> => {
    const answer = await asked
    if (answer.ok) tell(done)
    else if (answer.refusal.status === 404) tell(`${number} does not wait here any more.`, true)
    else tell(`${number}: ${answer.refusal.text}`, true)
  }
  switch (kind) {
    case 'take':
      return (
        <TakeDialog
          {...{ caller, onClose }}
          news={news === '' && called !== '' ? `${called} is being called for ${number}.` : news}
        />
      )
    case 'move':
      return <MoveDialog {...{ caller, news, queueName, onClose }} />
    case 'remove':
      return (
        <Confirm
          title={`Remove ${number} from ${queueName}?`}
          text="The caller loses the place in the queue and stays on the phone; what comes next is up to the application."
          news={news}
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
          news={news}
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
  readonly news: string
  readonly onClose: () => void
}

/** Users with a phone that is registered now, as suggestions. */
function useAgents(): readonly Registration[] {
  const [users, setUsers] = useState<readonly Registration[]>([])
  useEffect(() => {
    void getAll<Registration>('/v2/sip_registrations?filter[registered]=true').then((answer) => {
      if (answer.ok) setUsers(answer.body)
    })
  }, [])
  return users
}

/**
 * Calls a number or agent, who is bridged to the caller when answering. Until then the caller stays in the queue: when
 * nobody answers, no place is lost.
 */
function TakeDialog({ caller, news, onClose }: DialogProps) {
  const agents = useAgents()
  const submit = async (textOf: (name: string) => string): Promise<string> => {
    const said = textOf('to')
    const to = agents.find(({ username }) => username === said)?.sip_uri ?? said
    const watch = watchTake(partyText(to), partyText(caller.from))
    const answer = await ask<{ data: { call_control_id: string } }>('POST', '/v2/calls', {
      connection_id: caller.connectionId,
      ...{ to, from: caller.to, link_to: caller.id },
      ...{ bridge_intent: true, bridge_on_answer: true },
    })
    watch(answer.ok ? answer.body.data.call_control_id : undefined)
    if (!answer.ok) return answer.refusal.text
    tell(`${partyText(to)} is being called.`)
    return ''
  }
  return (
    <FormDialog
      title={`Take ${partyText(caller.from)}`}
      action="Call"
      {...{ news, onClose }}
      onSubmit={submit}
    >
      <label>
        Number, SIP user or SIP address of who takes the call
        <input
          name="to"
          required
          autofocus
          autocomplete="off"
          list="agents"
          placeholder="+15550100, alice or sip:alice@example.org"
        />
      </label>
      <datalist id="agents">
        {agents.map(({ username }) => (
          <option key={username} value={username} />
        ))}
      </datalist>
      <p class="hint">The caller keeps the place until somebody answers.</p>
    </FormDialog>
  )
}

function MoveDialog(props: DialogProps & { readonly queueName: string }) {
  const { caller, news, queueName, onClose } = props
  const submit = async (textOf: (name: string) => string): Promise<string> => {
    const name = textOf('queue')
    const answer = await ask('POST', pathOf`/v2/calls/${caller.id}/actions/enqueue`, {
      queue_name: name,
    })
    if (!answer.ok) return answer.refusal.text
    tell(`${partyText(caller.from)} is at the end of ${name}.`)
    return ''
  }
  return (
    <FormDialog
      title={`Move ${partyText(caller.from)}`}
      action="Move"
      {...{ news, onClose }}
      onSubmit={submit}
    >
      <label>
        To the end of queue
        <input name="queue" required autofocus autocomplete="off" list="queues" />
      </label>
      <datalist id="queues">
        {queueNames.value
          .filter((name) => name !== queueName)
          .map((name) => (
            <option key={name} value={name} />
          ))}
      </datalist>
    </FormDialog>
  )
}
