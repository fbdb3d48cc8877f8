// Builds what a lab does to the server: time that can be moved for everything that is not SIP or sound, and faults on the
// way in and out. Without `lab.enabled` everything is the platform's own and nothing is in between.

import type { ApplicationId } from './base/ids.ts'
import { brandAs } from './base/ids.ts'
import type { Config } from './config/shape.ts'
import { mayCauseReaction, type SeenInput } from './drill/activity.ts'
import { faultyWebhooks } from './drill/faulty-webhooks.ts'
import { AudioLoss, losesSip, lossyDatagrams } from './drill/lossy-datagrams.ts'
import { endEverything } from './drill/reset.ts'
import { createSkip } from './drill/skip.ts'
import { FaultSwitches } from './drill/switches.ts'
import type { CallLogic } from './engine/driver.ts'
import { resolvePath } from './platform/files.ts'
import { aheadFile, createMovedTime } from './platform/moved-time.ts'
import type { Clock } from './ports/clock.ts'
import type { Datagrams } from './ports/datagrams.ts'
import type { HttpClient } from './ports/http-client.ts'
import type { Lab } from './ports/lab.ts'
import type { Setup } from './ports/setup.ts'
import type { Store } from './ports/store.ts'
import type { Timers } from './ports/timers.ts'

interface Platform {
  readonly clock: Clock
  readonly timers: Timers
}

interface Rooms {
  readonly logic: CallLogic
  readonly queues: Pick<Store, 'pageQueues' | 'pageEntries'>
  readonly setup: Setup
}

/** An application that calls again and again is not waited for. */
const resetRoundsMax = 5

export interface LabParts {
  /** Of calls, queues, webhooks and everything that is kept for a time. */
  readonly time: { readonly clock: Clock; readonly timers: Timers }
  /** The way of webhooks. */
  webhooks(http: HttpClient): HttpClient
  /** The way of SIP over UDP. */
  datagrams(network: Datagrams): Datagrams
  /** For the media thread: what it loses. */
  readonly audioLoss: SharedArrayBuffer | undefined
  /** Sees every input of the call logic. */
  readonly watch: ((input: SeenInput) => void) | undefined
  lab(rooms: Rooms): Lab | undefined
  close(): void
}

export function createLabParts(config: Config, { clock, timers }: Platform): LabParts {
  const file = aheadFile(resolvePath(config.dataFolder, 'lab-time'))
  if (!config.lab.enabled) {
    refuseMovedData(file.read())
    return {
      time: { clock, timers },
      webhooks: (http) => http,
      datagrams: (network) => network,
      audioLoss: undefined,
      watch: undefined,
      lab: () => undefined,
      close: () => undefined,
    }
  }
  const time = createMovedTime(clock, file)
  const loss = new AudioLoss()
  const switches = new FaultSwitches((faults) => {
    for (const direction of ['in', 'out'] as const) {
      const lost = faults.has(
        (order) => order.kind === 'one-way-audio' && order.direction === direction,
      )
      loss.set(direction, lost)
    }
  })
  let inputs = 0
  let faulty: ReturnType<typeof faultyWebhooks> | undefined
  const pause = (ms: number): Promise<void> => new Promise((resolve) => timers.set(ms, resolve))
  return {
    time,
    webhooks: (http) => (faulty = faultyWebhooks(http, switches, time.timers)),
    datagrams: (network) => lossyDatagrams(network, losesSip(switches)),
    audioLoss: loss.memory,
    watch: (input) => {
      if (mayCauseReaction(input)) inputs += 1
    },
    lab: ({ logic, queues, setup }) => {
      const applications = (): readonly ApplicationId[] =>
        [...setup.applications.all(), ...setup.connections.all()].map(({ id }) =>
          brandAs<ApplicationId>(id),
        )
      const skip = createSkip({
        time,
        pause,
        activity: () => inputs + (faulty?.attempts() ?? 0),
        told: () => faulty?.attempts() ?? 0,
        underWay: () => faulty?.underWay() ?? 0,
        idle: () => logic.idle(),
        turn: () => new Promise((resolve) => timers.soon(resolve)),
      })
      const end = (): Promise<number> =>
        endEverything({ control: logic, queues, applications, pause })
      return {
        state: () => ({ aheadMs: time.aheadMs(), faults: switches.list() }),
        skip,
        addFault: (order) => switches.add(order),
        clearFaults: () => switches.clear(),
        reset: async () => {
          switches.clear()
          let calls = 0
          for (let round = 0; round < resetRoundsMax; round++) {
            const ended = await end()
            calls += ended
            if (ended === 0 && round > 0) break
            // An application may answer the end of a call with a new one.
            await skip(0)
          }
          return { calls }
        },
      }
    },
    close: () => time.timers.close(),
  }
}

/** Deadlines of the future would come hours late, and new events before old ones. */
function refuseMovedData(aheadMs: number): void {
  if (aheadMs === 0) return
  throw new Error(
    `the time of this data folder was moved ${aheadMs / 1000} s ahead by a lab: set lab.enabled, or use another folder`,
  )
}
