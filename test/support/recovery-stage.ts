// A stage whose server is killed and started again on the same ports and data, as often as a test likes.
import assert from 'node:assert/strict'
import type { RunningServer, ServerProgram } from '../../src/lab/server-process.ts'
import { freePort, freeRtpPorts } from './free-port.ts'
import { startStage, type Json, type Stage } from './stage.ts'

/** Tone back after the new process is ready, ms; the contract of these tests. */
export const backMs = 2_000
/** dying-server.ts, for `start` and its neighbours. */
export const dyingServer = 'test/support/dying-server.ts'

export interface RecoveryStage {
  readonly stage: Stage
  /** The process of now. */
  readonly server: RunningServer
  /** kill -9. */
  kill(): Promise<void>
  /** The next process. */
  start(program?: ServerProgram): Promise<void>
  /** Both. */
  crash(program?: ServerProgram): Promise<void>
  /** A next process that has to die before it is ready. */
  startInVain(program: ServerProgram): Promise<void>
  /** SIGTERM and the next process. */
  restart(): Promise<void>
  /** call_control_ids of a queue in order. */
  places(queue: string): Promise<readonly string[]>
  /** How often the receiver was told this of this leg; a webhook that came twice counts once. */
  told(id: string, type: string): number
  close(): Promise<void>
}

/** Its ports, those for RTP included, are its own: one taken by somebody else meanwhile would end the call. */
export async function startRecoveryStage(config: Json = {}): Promise<RecoveryStage> {
  const [http, sip, rtp] = await Promise.all([freePort(), freePort(), freeRtpPorts()])
  const { sip: sipConfig = {}, ...rest } = config
  const stage = await startStage({
    config: {
      http: { host: '127.0.0.1', port: http },
      sip: { host: '127.0.0.1', port: sip, domain: 'localhost', ...(sipConfig as Json) },
      media: { host: '127.0.0.1', ports: rtp },
      ...rest,
    },
  })
  let server = stage.server
  const servers = new Set([server])
  const start = async (program?: ServerProgram): Promise<void> => {
    server = await server.again(program)
    servers.add(server)
  }
  return {
    stage,
    get server() {
      return server
    },
    kill: () => server.kill(),
    start,
    crash: async (program) => {
      await server.kill()
      await start(program)
    },
    startInVain: (program) => assert.rejects(server.again(program), /the server ended with null/),
    restart: async () => {
      assert.equal(await server.stop({ keepData: true }), 0)
      await start()
    },
    places: async (queue) => {
      const answer = await stage.request('GET', `/queues/${queue}/calls`)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      const { data } = answer.body as { data: readonly { call_control_id: string }[] }
      return data.map((one) => one.call_control_id)
    },
    told: (id, type) => {
      const such = stage.receiver.deliveries.filter(
        (one) => one.type === type && one.payload['call_control_id'] === id,
      )
      return new Set(such.map((one) => one.id)).size
    },
    close: async () => {
      if (server !== stage.server) await server.stop({ keepData: true })
      await stage.close()
      for (const one of servers) {
        assert.deepEqual(one.log().match(/^\{"level":"error".*$/gm) ?? [], [], 'errors were logged')
      }
    },
  }
}
