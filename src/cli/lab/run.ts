// Runs a lab by hand: a server with throw-away data, traffic, and orders from flags and from the input.

import { startLab, staff, Traffic, distributionOf } from '../../testing/index.ts'
import type { Context } from '../context.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { labOrders, obeyLab, type LabWorld } from './orders.ts'

export interface LabOptions {
  readonly webhookUrl?: string
  readonly agents: string
  readonly rate: number
  readonly patience: string
  readonly talk: string
  readonly seed: number
  readonly dials: string
  /** Orders before those of the input. */
  readonly do: readonly string[]
  readonly for?: number
}

/** Until `quit`, the end of the input, Ctrl-C, or `--for` is over. */
export async function runLab(context: Context, options: LabOptions): Promise<number> {
  const stopping = context.line.stopping()
  const traffic = trafficOf(options)
  const names = options.agents.split(',').filter((name) => name !== '')
  const { webhookUrl } = options
  const starting = startLab({ agents: names, ...(webhookUrl === undefined ? {} : { webhookUrl }) })
  const lab = await context.during('starting a server', starting)
  const tell = (event: string, text: string, more: Record<string, unknown> = {}): void =>
    context.printLine({ event, text, ...more }, () => text)
  try {
    if (stopping.aborted) return exitCodes.done
    const sip = `${lab.sip.host}:${lab.sip.port}`
    const words = `${lab.baseURL}  key ${lab.apiKey}  public key ${lab.publicKey}  SIP ${sip}`
    tell('ready', words, { ...lab.env, sip })
    await staff(lab, names, traffic)
    const world: LabWorld = { lab, traffic: new Traffic(lab, traffic) }
    tell(
      'traffic',
      `${options.rate} callers in a minute, seed ${options.seed}; \`help\` lists orders`,
    )
    await orders(context, options, world, tell)
    world.traffic.stop()
    // Ctrl-C in a terminal reaches the server, too: it may be gone.
    const last = await obeyLab(world, 'status').catch(() => 'the server has ended')
    tell('over', last, { ...world.traffic.counts() })
  } finally {
    await lab.stop()
  }
  return exitCodes.done
}

function trafficOf(options: LabOptions): ConstructorParameters<typeof Traffic>[1] {
  try {
    return {
      ...{ perMinute: options.rate, seed: options.seed, dials: options.dials },
      patience: distributionOf(options.patience),
      talk: distributionOf(options.talk),
    }
  } catch (error) {
    throw new CliError(exitCodes.usage, error instanceof Error ? error.message : String(error))
  }
}

type Tell = (event: string, text: string, more?: Record<string, unknown>) => void

async function orders(
  { line }: Context,
  options: LabOptions,
  world: LabWorld,
  tell: Tell,
): Promise<void> {
  const obey = async (text: string): Promise<boolean> => {
    try {
      tell('done', await obeyLab(world, text))
      return true
    } catch (error) {
      tell('refused', error instanceof Error ? error.message : String(error))
      return false
    }
  }
  for (const text of options.do) {
    // Nobody may be there to read it: a rehearsal without its faults is none.
    if (!(await obey(text)))
      throw new CliError(exitCodes.refused, `--do "${text}" was not carried out`)
  }
  if (options.for !== undefined) return line.pause(options.for * 1000)
  for await (const text of line.lines()) {
    const order = text.trim()
    if (order === 'quit') return
    if (order === 'help') {
      for (const [name, meaning] of labOrders) tell('help', `${name.padEnd(26)} ${meaning}`)
    } else if (order !== '') await obey(order)
  }
}
