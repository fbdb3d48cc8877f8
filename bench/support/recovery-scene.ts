// The calls that a restart is measured with: callers who wait with music, some of them with a deadline; pairs that talk; a
// conference of three. Every end sends a sound of its own, so that what each one must hear is known to the byte.

import { decodeUlaw, encodeUlaw } from '../../src/media/audio/g711.ts'
import { Outage } from './outage.ts'
import { pause, until } from './report.ts'
import { callInMany, createQueue, waitWithMusic, type Stage, type Talker } from './stage.ts'

export interface SceneSize {
  readonly waiting: number
  readonly pairs: number
}

export type Role = 'waiting' | 'bridged' | 'conference'

export interface SceneLeg {
  readonly role: Role
  readonly talker: Talker
  readonly outage: Outage
}

export interface Deadline {
  /** When `enqueue` was answered, by `performance.now()`. */
  readonly enqueuedMs: number
  /** When `call.dequeued` with reason `timeout` came; 0 while it has not. */
  timeoutMs: number
}

export interface Scene {
  readonly legs: readonly SceneLeg[]
  /** By call_control_id. */
  readonly deadlines: ReadonlyMap<string, Deadline>
}

export const queueName = 'waiting'
/** Callers of the waiting who have a deadline that falls due after the restart. */
const deadlinesMax = 10
export const deadlineSecs = 20
const deadlineQueue = 'deadlines'
const pairQueue = 'pairs'
const waitingFill = 0xd5
/** Levels of the three in the conference; a sum of any two is no level of a single one. */
const levels = [1000, 2500, 6000]

/** Fills the stage; resolves when everybody hears what is due. Throws when somebody does not within 10 s. */
export async function buildScene(stage: Stage, { waiting, pairs }: SceneSize): Promise<Scene> {
  for (const name of [queueName, deadlineQueue, pairQueue]) await createQueue(stage, name)
  const talkers = await callInMany(stage, 0, waiting, waitingFill)
  const limited = Math.min(deadlinesMax, Math.floor(waiting / 10))
  const legs: SceneLeg[] = []
  const add = (role: Role, talker: Talker, expected: string): void => {
    legs.push({ role, talker, outage: new Outage(talker.stream, expected) })
  }
  for (const talker of talkers.slice(limited)) {
    await waitWithMusic(stage, talker, queueName)
    add('waiting', talker, 'varied')
  }
  let next = waiting
  for (let pair = 0; pair < pairs; pair++) {
    const [caller, agent] = await joinedPair(stage, next, pair)
    add('bridged', caller, `steady ${fillOf(pair, 'agent')}`)
    add('bridged', agent, `steady ${fillOf(pair, 'caller')}`)
    next += 2
  }
  const members = await meeting(stage, next)
  members.forEach((talker, at) => add('conference', talker, `steady ${mixWithout(at)}`))
  // Last, because from here on the time runs.
  const deadlines = new Map<string, Deadline>()
  for (const talker of talkers.slice(0, limited)) {
    await waitWithMusic(stage, talker, deadlineQueue, { max_wait_time_secs: deadlineSecs })
    deadlines.set(talker.callControlId, { enqueuedMs: performance.now(), timeoutMs: 0 })
    add('waiting', talker, 'varied')
  }
  if (!(await until(() => legs.every(({ outage }) => outage.isRight), 10_000))) {
    const deaf = legs.filter(({ outage }) => !outage.isRight)
    const [first] = deaf
    throw new Error(
      `${deaf.length} do not hear what is due, the first ${first?.role}: ${first?.outage.wrong}`,
    )
  }
  await pause(500)
  return { legs, deadlines }
}

/** Each end of each pair sends a byte of its own; neither silence nor the other's. */
function fillOf(pair: number, side: 'caller' | 'agent'): number {
  return (side === 'caller' ? 0x04 : 0x84) + (pair % 0x70)
}

async function joinedPair(stage: Stage, first: number, pair: number): Promise<[Talker, Talker]> {
  const [caller] = await callInMany(stage, first, 1, fillOf(pair, 'caller'))
  const [agent] = await callInMany(stage, first + 1, 1, fillOf(pair, 'agent'))
  if (caller === undefined || agent === undefined) throw new Error('a pair has two ends')
  await command(stage, `/calls/${caller.callControlId}/actions/enqueue`, { queue_name: pairQueue })
  await command(stage, `/calls/${agent.callControlId}/actions/bridge`, { queue: pairQueue })
  return [caller, agent]
}

async function meeting(stage: Stage, first: number): Promise<Talker[]> {
  const members: Talker[] = []
  let id = ''
  for (const [at, level] of levels.entries()) {
    const [talker] = await callInMany(stage, first + at, 1, ulaw(level))
    if (talker === undefined) throw new Error('a member of the conference is missing')
    members.push(talker)
    const call_control_id = talker.callControlId
    if (id === '') {
      const body = await command(stage, '/conferences', { call_control_id, name: 'recovery' })
      id = /"id":"([^"]+)"/.exec(body)?.[1] ?? ''
    } else await command(stage, `/conferences/${id}/actions/join`, { call_control_id })
  }
  return members
}

async function command(stage: Stage, path: string, body: unknown): Promise<string> {
  const answer = await stage.commands.ask(path, body)
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`)
  return answer.body
}

/** What a member hears: the sum of the levels that the others' bytes stand for. */
function mixWithout(member: number): number {
  const others = levels.filter((_, at) => at !== member)
  return ulaw(others.reduce((sum, level) => sum + linear(ulaw(level)), 0))
}

function ulaw(level: number): number {
  const into = new Uint8Array(1)
  encodeUlaw(Int16Array.of(level), into)
  return into[0] ?? 0
}

function linear(byte: number): number {
  const into = new Int16Array(1)
  decodeUlaw(Uint8Array.of(byte), into)
  return into[0] ?? 0
}
