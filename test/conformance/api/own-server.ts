// Our own server as the one under test: a process on free ports whose only application tells us everything.
import assert from 'node:assert/strict'
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
          // As in the tests: a standstill of the checks themselves is no silent receiver.
          webhook_timeout_secs: 20,
          numbers: ['*'],
        },
      ],
    },
  })
}

/** Another application of a running server, with a number of its own that its callers dial. */
export async function addApplication(
  server: RunningServer,
  webhookUrl: string,
): Promise<{ readonly connectionId: string; readonly dialled: string }> {
  const made = async (path: string, body: object): Promise<string> => {
    const answer = await server.post(path, body)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return (answer.body as { data: { id: string } }).data.id // As published for 201.
  }
  const connectionId = await made('/v2/call_control_applications', {
    application_name: 'deviations',
    webhook_event_url: webhookUrl,
  })
  const dialled = '+15550190'
  await made('/v2/phone_numbers', { phone_number: dialled, connection_id: connectionId })
  return { connectionId, dialled }
}
