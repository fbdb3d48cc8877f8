// Our own server as the one under test: a process on free ports whose only application tells us everything.
import { startServer, type RunningServer } from '../../../src/lab/server-process.ts'

export const ownConnectionId = '1000000001'

/** Starts it; webhooks go to `webhookUrl`. */
export function startOwnServer(webhookUrl: string): Promise<RunningServer> {
  return startServer({
    config: {
      log: { level: 'warn' },
      applications: [
        {
          id: ownConnectionId,
          name: 'conformance',
          webhook_event_url: webhookUrl,
          numbers: ['*'],
        },
      ],
    },
  })
}
