// What the console is shown with: a contact centre with something of everything in it, so that each page has something to
// say. Real calls; for the browser's tests and for the pictures of the guide.
import type { Phone } from '../../src/lab/phone.ts'
import { createLab } from '../../src/lab/runner.ts'
import { applicationId, startStage, type CallIn, type Stage } from './stage.ts'
import { freePort } from './free-port.ts'
import { patience } from './patience.ts'
import { startReceiver } from './receiver.ts'

export interface ConsoleScene {
  readonly stage: Stage
  readonly agent: Phone
  /** In the queue `support`, in their order. */
  readonly waiting: readonly CallIn[]
  /** Talks with an agent. */
  readonly talking: CallIn
  close(): Promise<void>
}

/** Waits for nothing that takes long: three people in one queue, one conversation, a refused command, a webhook that fails. */
export async function startConsoleScene(http: number, sip: number): Promise<ConsoleScene> {
  const receiver = await startReceiver()
  const outside = createLab('127.0.0.1', patience)
  const carrier = await outside.phone({ user: 'carrier', server: { port: 5060 } })
  const stage = await startStage({
    receiver,
    config: {
      http: { host: '127.0.0.1', port: http },
      sip: { domain: 'example.org', port: sip },
      // On a machine that is busy with other things it takes a while to hang up.
      statistics: { short_abandon_secs: 20 },
      sip_users: [
        { username: 'alice', password: 'alice-secret' },
        { username: 'bob', password: 'bob-secret' },
      ],
      trunks: [
        {
          name: 'carrier',
          uri: `sip:${carrier.contactUri.split('@').at(-1) ?? ''}`,
          probe_secs: 5,
        },
        { name: 'backup', uri: `sip:127.0.0.1:${await freePort()}`, probe_secs: 5 },
      ],
      applications: [
        {
          ...{ id: applicationId, name: 'reception', webhook_event_url: receiver.url },
          webhook_timeout_secs: 20,
          numbers: ['+15550100'],
        },
        { id: '1000000002', name: 'night service', numbers: ['+15550177'] },
      ],
    },
  })
  const agent = await stage.phone({
    user: 'alice',
    domain: 'example.org',
    password: 'alice-secret',
  })
  await agent.register()
  const talking = (await stage.conversation('sales')).caller
  const waiting: CallIn[] = []
  for (let place = 1; place <= 3; place++) {
    const one = await stage.answered({ user: `+1555010${place}` })
    await stage.command(one.id, 'enqueue', { queue_name: 'support' })
    await stage.event(one.id, 'call.enqueued')
    waiting.push(one)
  }
  await stage.refused(talking.id, 'enqueue', { queue_name: 'support', max_wait_time_secs: 0 })
  const left = await stage.answered({ user: '+15550199' })
  await stage.command(left.id, 'enqueue', { queue_name: 'billing' })
  await stage.event(left.id, 'call.enqueued')
  receiver.answerWith(({ payload }) => (payload['call_control_id'] === left.id ? 500 : 200))
  left.call.hangUp()
  await stage.event(left.id, 'call.dequeued')
  return {
    ...{ stage, agent, waiting, talking },
    close: async () => {
      receiver.answerWith(200)
      outside.close()
      await stage.close()
      await receiver.close()
    },
  }
}
