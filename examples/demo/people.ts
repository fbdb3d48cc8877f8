// The robots of the demo. A caller says 440 Hz and listens: 700 Hz is the hold music, 1000 Hz an agent. An agent says
// 1000 Hz and hangs up when the talk is over. All of it is real SIP and RTP; what counts is what was heard.
import { setTimeout as pause } from 'node:timers/promises'
import type { Call } from '../../src/lab/call.ts'
import type { OutgoingCall } from '../../src/lab/outgoing-call.ts'
import type { Phone } from '../../src/lab/phone.ts'
import type { Lab } from '../../src/lab/runner.ts'

export const callerHz = 440
export const musicHz = 700
export const agentHz = 1000

export type CallerEnd =
  /** Reached an agent and heard it. */
  | 'answered'
  /** Hung up before its turn, on its own. */
  | 'abandoned'
  /** Was ended, or never served, without having hung up. */
  | 'lost'

export interface CallerReport {
  readonly end: CallerEnd
  /** Heard no music while it waited long enough to hear some, or the agent's voice never came. */
  readonly silent: boolean
  readonly waitedMs: number
  readonly heard: string
}

/** Long enough after the answer that music must have been heard: enqueue, download and one listening window. */
const mustHearMusicAfterMs = 1_500

/** One call from dialling to its end; resolves when it is over. */
export async function caller(
  lab: Lab,
  sipPort: number,
  name: string,
  patienceMs: number | undefined,
  deadlineMs: number,
): Promise<CallerReport> {
  const phone = await lab.phone({
    user: name,
    server: { port: sipPort },
    voice: { kind: 'tone', hz: callerHz },
  })
  try {
    const call = await letIn(phone, deadlineMs)
    const started = Date.now()
    const patience = patienceMs ?? deadlineMs - started
    const reached = await call.hears(agentHz, patience).then(
      () => true,
      () => false,
    )
    const waitedMs = Date.now() - started
    const music = heardTone(call, musicHz)
    const noMusic = !music && waitedMs > mustHearMusicAfterMs
    if (reached) {
      await call.ended(Math.max(1_000, deadlineMs - Date.now())).catch(() => call.hangUp())
      return { end: 'answered', silent: noMusic, waitedMs, heard: call.describe() }
    }
    const ownChoice = patienceMs !== undefined && call.end === undefined
    const heard = call.describe()
    if (call.end === undefined) call.hangUp()
    await call.ended(2_000).catch(() => undefined)
    return { end: ownChoice ? 'abandoned' : 'lost', silent: noMusic, waitedMs, heard }
  } finally {
    lab.powerCut(phone)
  }
}

/** Dials until the call is answered: a server that is busy says 503 and `Retry-After: 1`, and callers obey. */
async function letIn(phone: Phone, deadlineMs: number): Promise<OutgoingCall> {
  for (;;) {
    const call = await phone.call('+15550100')
    const isDecided = (): boolean => call.state === 'up' || call.end !== undefined
    const leftMs = Math.max(0, deadlineMs - Date.now())
    await call.until(isDecided, leftMs, 'not answered').catch(() => undefined)
    if (call.end?.status !== 503 || Date.now() > deadlineMs) return call
    await pause(1_000)
  }
}

export interface AgentPhone {
  readonly address: string
  /** Calls in which the caller's voice was heard, and all calls that were taken. */
  readonly talks: { heard: number; taken: number }
  stop(): void
}

/** Registers the agent and takes calls until stopped. */
export async function agent(
  lab: Lab,
  sipPort: number,
  name: string,
  password: string,
  talkMs: () => number,
): Promise<AgentPhone> {
  const phone = await lab.phone({
    user: name,
    domain: 'localhost',
    server: { port: sipPort },
    password,
    voice: { kind: 'tone', hz: agentHz },
    answer: { kind: 'answer', afterMs: 300, before: 'ringing' },
  })
  const status = await phone.register()
  if (status !== 200) throw new Error(`agent ${name} could not register: ${status}`)
  const talks = { heard: 0, taken: 0 }
  let stopped = false
  void (async () => {
    while (!stopped) {
      const call = await phone.nextCall(3_600_000)
      talks.taken += 1
      await talk(call, talkMs()).then(
        (heard) => (talks.heard += heard ? 1 : 0),
        () => undefined,
      )
    }
  })().catch(() => undefined) // The phone was closed: the demo is over.
  return {
    address: `sip:${name}@localhost`,
    talks,
    stop: () => {
      stopped = true
    },
  }
}

/** Waits for the caller's voice, talks for a while, hangs up; false when no caller was there. */
async function talk(call: Call, talkMs: number): Promise<boolean> {
  await call.answered(5_000)
  const heard = await call.hears(callerHz, 5_000).then(
    () => true,
    () => false,
  )
  if (heard) await call.ended(talkMs).catch(() => undefined)
  if (call.end === undefined) call.hangUp()
  return heard
}

function heardTone(call: Call, hz: number): boolean {
  return call.heard().some(({ heard }) => heard.kind === 'tone' && Math.abs(heard.hz - hz) < 40)
}
