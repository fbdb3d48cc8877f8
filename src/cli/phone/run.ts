// What `holdfast phone` does: one robot of the lab, one call. Apart from the command's options because the robot brings
// the whole SIP and audio code along, which no other command needs.

import type { Context } from '../context.ts'
import { createLab } from '../../lab/runner.ts'
import type { Call } from '../../lab/call.ts'
import type { IncomingCall } from '../../lab/incoming-call.ts'
import type { Phone } from '../../lab/phone.ts'
import { localAddresses } from '../../platform/command-line.ts'
import { createResolver } from '../../platform/resolver.ts'
import { mayWriteUserFile } from '../../platform/user-files.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { clockTime, printable } from '../render.ts'
import { readConfig } from '../settings.ts'
import { obey } from './keyboard.ts'
import type { PhoneOptions } from './options.ts'
import { ringSecs } from './options.ts'
import { voiceOf } from './sound.ts'
import { statusWords } from './status-words.ts'
import { farewell, Talk } from './talk.ts'
import type { Tell } from './talk.ts'

const registrationSecs = 300
const busyMs = 1000
const portHint =
  'Does the server run, and is it its SIP port? `holdfast status` says the first, --server names the other.'

/** The exit code. */
export async function phone(context: Context, options: PhoneOptions): Promise<number> {
  const stopping = context.line.stopping()
  const place = await whereTo(context, options)
  const voice = await voiceOf(options.say)
  const savable = options.save === undefined ? undefined : mayWriteUserFile(options.save)
  if (savable?.ok === false) throw new CliError(exitCodes.refused, savable.why)
  const password = options.password ?? context.line.env['PHONE_PASSWORD'] ?? ''
  const lab = createLab(place.host)
  try {
    const robot = await lab.phone({
      user: options.user,
      domain: place.domain,
      server: { address: place.address, port: place.port, transport: options.tcp ? 'TCP' : 'UDP' },
      voice,
      answer: { kind: 'manual' },
      ...(password === '' ? {} : { password }),
    })
    if (options.register === true) await register(context, robot, place.words)
    try {
      return await oneCall(context, options, robot, place.words)
    } finally {
      if (options.register === true && !stopping.aborted) await robot.unregister()
    }
  } finally {
    lab.close()
  }
}

interface Place {
  readonly address: string
  readonly port: number
  readonly domain: string
  readonly host: string
  readonly words: string
}

async function whereTo(context: Context, options: PhoneOptions): Promise<Place> {
  const { sip } = readConfig(context.line, context.options).config
  const [, host = '', portText = ''] =
    /^(?:sip:)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(options.server ?? '') ?? []
  if (options.server !== undefined && host === '') {
    throw new CliError(exitCodes.usage, `"${options.server}" is not host or host:port`)
  }
  const wanted = host === '' ? (sip.host === '0.0.0.0' ? '127.0.0.1' : sip.host) : host
  const [address] = await createResolver().resolve(wanted)
  if (address === undefined)
    throw new CliError(exitCodes.unreachable, `the name ${wanted} is not known`)
  const port = portText === '' ? (host === '' ? sip.port : 5060) : Number(portText)
  const isLocal = address.startsWith('127.')
  const own = isLocal ? '127.0.0.1' : (localAddresses()[0] ?? '0.0.0.0')
  return {
    address,
    port,
    domain: options.domain ?? (host === '' ? sip.domain : wanted),
    host: options.host ?? own,
    words: `${wanted}:${port}`,
  }
}

async function register(context: Context, robot: Phone, where: string): Promise<void> {
  const status = await context.during('registering', robot.register(registrationSecs))
  if (status === 200) {
    tellTo(context)('registered', `registered for ${robot.registeredSecs} s`, {
      seconds: robot.registeredSecs,
    })
    return
  }
  if (status === 0) {
    throw new CliError(exitCodes.unreachable, `nobody answers at ${where}`, { hint: portHint })
  }
  const hint =
    'User and password are those of `sip_users` in the configuration, or made over the API.'
  throw new CliError(exitCodes.noCall, `the registration was refused: ${statusWords(status)}`, {
    hint,
  })
}

async function oneCall(
  context: Context,
  options: PhoneOptions,
  robot: Phone,
  where: string,
): Promise<number> {
  const tell = tellTo(context)
  const call = await begin(context, options, robot, tell)
  if (call === undefined) return exitCodes.done
  const talk = new Talk(context.line, call, {
    tell,
    keys: options.keys,
    forSecs: options.for,
    expectHz: options.expect,
    save: options.save,
  })
  const isInteractive = options.interactive ?? (context.line.inputIsTerminal && !context.json)
  const orders = isInteractive ? obey(context.line, talk, tell) : undefined
  try {
    if (!(await untilUp(context, options, call, tell))) return noCall(context, call, where)
    await talk.untilOver()
  } finally {
    orders?.stop()
    await farewell(context.line, call)
  }
  if (talk.wasAsExpected) return exitCodes.done
  throw new CliError(exitCodes.noCall, `${options.expect ?? 0} Hz were not heard`)
}

/** The call that was placed or came; undefined when the program is to end before one came. */
async function begin(
  context: Context,
  options: PhoneOptions,
  robot: Phone,
  tell: Tell,
): Promise<Call | undefined> {
  if (options.call !== undefined) {
    tell('calling', `calls ${options.call}`, { to: options.call })
    return place(context, options.call, (options.wait ?? ringSecs) * 1000, robot, tell)
  }
  tell('waiting', `waits for a call at ${robot.contactUri}`, { uri: robot.contactUri })
  const call = await orStop(context, robot.nextCall((options.wait ?? Infinity) * 1000))
  if (call === 'stopped') return undefined
  if (call === 'late')
    throw new CliError(exitCodes.noCall, `no call came within ${options.wait ?? 0} s`)
  const from = call.invite.headers.first('From') ?? ''
  tell('called', `is called by ${from.replace(/;tag=.*/, '')}`, { from })
  void answer(context, options, call)
  return call
}

/** RFC 3261 §21.5.4: a server that is too busy for the moment is called again, while there is time for an answer. */
async function place(
  context: Context,
  to: string,
  waitMs: number,
  robot: Phone,
  tell: Tell,
): Promise<Call> {
  const { clock } = context.line
  const untilMs = clock.monotonicMs() + waitMs
  for (;;) {
    const call = await robot.call(to)
    const heardOf = call.until(() => call.state !== 'trying', waitMs, 'no answer')
    await context.during('calling', orStop(context, heardOf))
    const isBusy = call.end?.status === 503 && clock.monotonicMs() < untilMs
    if (!isBusy || context.line.stopping().aborted) return call
    tell('busy', 'the server is too busy for the moment; calls again')
    await context.line.pause(busyMs)
  }
}

async function answer(context: Context, options: PhoneOptions, call: IncomingCall): Promise<void> {
  if (options.reject !== undefined) return call.reject(options.reject)
  call.ring()
  await context.line.pause(options.answerAfter * 1000)
  if (!context.line.stopping().aborted) call.answer()
}

/** False: it ended, or was not answered in time. */
async function untilUp(
  context: Context,
  options: PhoneOptions,
  call: Call,
  tell: Tell,
): Promise<boolean> {
  const isPlaced = options.call !== undefined
  const waitMs = isPlaced ? (options.wait ?? ringSecs) * 1000 : Infinity
  if (isPlaced)
    void orStop(context, call.ringing(waitMs)).then(() => {
      if (call.state === 'ringing') tell('ringing', 'it rings')
    })
  const decided = call.until(
    () => call.state === 'up' || call.end !== undefined,
    waitMs,
    'not answered',
  )
  await context.during(isPlaced ? 'waiting for an answer' : 'ringing', orStop(context, decided))
  return call.state === 'up'
}

/** What became of a call that never was up. */
function noCall(context: Context, call: Call, where: string): number {
  if (context.line.stopping().aborted) return exitCodes.done
  const { end, state } = call
  if (state === 'trying' || end?.status === 0) {
    throw new CliError(exitCodes.noCall, `no call: no answer from ${where}`, { hint: portHint })
  }
  const why =
    end === undefined
      ? 'nobody answered in time'
      : end.by === 'us'
        ? `refused with ${end.status}`
        : end.by === 'cancelled'
          ? 'the caller gave up'
          : statusWords(end.status)
  throw new CliError(exitCodes.noCall, `no call: ${why}`)
}

/** The work's result; `stopped` when the program is to end first, `late` when it took too long. */
function orStop<T>(context: Context, work: Promise<T>): Promise<T | 'stopped' | 'late'> {
  const stopping = context.line.stopping()
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stopping.aborted) resolve('stopped')
    stopping.addEventListener('abort', () => resolve('stopped'))
  })
  const late = work.catch(() => 'late' as const)
  return Promise.race([late, stopped])
}

function tellTo(context: Context): Tell {
  return (event, words, more = {}) => {
    const at = new Date(context.line.clock.wallMs()).toISOString()
    context.printLine(
      { at, event, ...more },
      () => `${context.paint.dim(clockTime(at))}  ${printable(words)}`,
    )
  }
}
