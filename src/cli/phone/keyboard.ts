// Orders to the phone, a line each: what hands do with a real one.

import type { CommandLine } from '../../platform/command-line.ts'
import { CliError } from '../exit-codes.ts'
import { orders } from './options.ts'
import { voiceOf } from './sound.ts'
import type { Talk, Tell } from './talk.ts'

/** Obeys until it is stopped, or the input ends. */
export function obey(line: CommandLine, talk: Talk, tell: Tell): { readonly stop: () => void } {
  let stopped = false
  const listen = async (): Promise<void> => {
    for await (const text of line.lines()) {
      if (stopped) return
      await obeyOne(text.trim(), talk, tell)
    }
  }
  // The input was taken away: there are no more orders.
  listen().catch(() => undefined)
  return {
    stop: () => {
      stopped = true
    },
  }
}

async function obeyOne(text: string, talk: Talk, tell: Tell): Promise<void> {
  const [order = '', ...rest] = text.split(/\s+/)
  if (/^[0-9A-D*#w]+$/.test(order)) return talk.press(order)
  switch (order) {
    case '':
      return
    case 'say':
      return say(rest.join(' '), talk, tell)
    case 'hold':
      return told(await talk.call.hold(), 'held', tell)
    case 'resume':
      return told(await talk.call.resume(), 'resumed', tell)
    case 'hangup':
    case 'quit':
      return talk.call.hangUp()
    case 'help':
      for (const [name, meaning] of orders) tell('help', `${name.padEnd(12)} ${meaning}`)
      return
    default:
      tell('unknown', `no such order: ${order}; help lists them`, { order })
  }
}

async function say(what: string, talk: Talk, tell: Tell): Promise<void> {
  try {
    talk.call.say(await voiceOf(what))
    tell('says', `says ${what}`, { what })
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    tell('unknown', `${error.message}. ${error.hint}`)
  }
}

function told(status: number, done: string, tell: Tell): void {
  tell(done, status === 200 ? done : `refused with ${status}`, { status })
}
