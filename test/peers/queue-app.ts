// A call centre in a few lines, as a customer would write it: answers every caller, puts it in a queue, dials an agent
// for it, bridges, and hangs up when the bridged caller pressed 5. It keeps what went wrong instead of throwing.
import type { Delivery } from '../support/receiver.ts'
import { applicationId, type Stage } from '../support/stage.ts'

export interface QueueAppOptions {
  readonly queue: string
  /** Whom to dial for each caller; undefined lets them wait. */
  readonly agentUri: string | undefined
  /** False: callers are left ringing. */
  readonly answers?: boolean
}

export interface QueueApp {
  /** Commands that were refused, and agents that could not be had. */
  readonly problems: readonly string[]
  /** Callers in order of their coming. */
  readonly callers: readonly string[]
}

/** From now on the stage's webhooks are answered by this application. */
export function runQueueApp(stage: Stage, options: QueueAppOptions): QueueApp {
  const problems: string[] = []
  const callers = new Set<string>()
  const agents = new Set<string>()
  const bridged = new Set<string>()
  const pressed = new Set<string>()

  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await stage.request('POST', path, body)
    if (answer.status !== 200) problems.push(`${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const command = (id: string, action: string, body: unknown = {}): Promise<unknown> =>
    post(`/calls/${id}/actions/${action}`, body)

  const hangUpWhenDone = async (id: string): Promise<void> => {
    if (bridged.has(id) && pressed.has(id)) await command(id, 'hangup')
  }

  const react = async ({ type, payload }: Delivery): Promise<void> => {
    const id = String(payload['call_control_id'])
    switch (type) {
      case 'call.initiated':
        if (payload['direction'] !== 'incoming') return void agents.add(id)
        callers.add(id)
        if (options.answers ?? true) await command(id, 'answer')
        return
      case 'call.answered':
        if (callers.has(id)) await command(id, 'enqueue', { queue_name: options.queue })
        else await command(id, 'bridge', { queue: options.queue })
        return
      case 'call.enqueued':
        if (options.agentUri === undefined) return
        await post('/calls', {
          connection_id: applicationId,
          to: options.agentUri,
          from: '+15550100',
        })
        return
      case 'call.bridged':
        bridged.add(id)
        return hangUpWhenDone(id)
      case 'call.dtmf.received':
        // An agent that echoes sends the caller's key back.
        if (payload['digit'] !== '5' || !callers.has(id)) return
        pressed.add(id)
        return hangUpWhenDone(id)
      case 'call.hangup':
        if (agents.has(id) && !bridged.has(id)) problems.push(`agent: ${payload['hangup_cause']}`)
        return
    }
  }

  stage.receiver.answerWith((delivery) => {
    void react(delivery).catch((error: unknown) => problems.push(String(error)))
    return 200
  })
  return {
    problems,
    get callers() {
      return [...callers]
    },
  }
}
