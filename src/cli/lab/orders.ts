// Orders to the lab, a line each: what a person does who plays the network, the clock and the callers.

import type { Lab, Traffic } from '../../testing/index.ts'
import { numberIn, recordIn, recordsIn, textIn } from '../json.ts'
import { duration } from '../render.ts'

export const labOrders: readonly (readonly [order: string, meaning: string])[] = [
  ['skip 10m', 'let time pass for calls, queues and webhooks'],
  ['rate 12', 'so many callers in a minute; 0 is none'],
  ['drop [type] [n]', 'lose the next webhooks (of that type); tried again later'],
  ['duplicate [type] [n]', 'send the next webhooks twice'],
  ['reorder [type] [n]', 'send the next webhooks after the one that follows'],
  ['delay <secs> [type] [n]', 'send the next webhooks so much later'],
  ['lose ack|bye [in|out] [n]', 'lose the next messages, as the server sees it'],
  ['one-way in|out', 'the server hears nobody, or nobody hears the server'],
  ['clear', 'no faults any more'],
  ['reset', 'end all calls, empty all queues'],
  ['kill', 'kill -9 and start the server again'],
  ['status', 'callers, faults and time'],
  ['quit', 'the end'],
]

export interface LabWorld {
  readonly lab: Lab
  readonly traffic: Traffic
}

/**
 * Carries an order out; what there is to say of it.
 * @throws Error of an order that cannot be understood or that the server refuses.
 */
export async function obeyLab({ lab, traffic }: LabWorld, text: string): Promise<string> {
  const [order = '', ...words] = text.trim().split(/\s+/)
  const { faults } = lab
  switch (order) {
    case 'skip':
      await lab.skip(words.join(' '))
      return `${words.join(' ')} later`
    case 'rate':
      traffic.perMinute = number(words[0], 0)
      return `${traffic.perMinute} callers in a minute`
    case 'drop':
      await faults.dropWebhook(webhook(words))
      return 'webhooks will be lost'
    case 'duplicate':
      await faults.duplicateWebhook(webhook(words))
      return 'webhooks will come twice'
    case 'reorder':
      await faults.reorderWebhook(webhook(words))
      return 'webhooks will change places'
    case 'delay':
      await faults.delayWebhook({ seconds: number(words[0], 1), ...webhook(words.slice(1)) })
      return 'webhooks will be late'
    case 'lose':
      return lose(lab, words)
    case 'one-way':
      await faults.oneWayAudio(direction(words[0]))
      return 'audio goes one way'
    case 'clear':
      await faults.clear()
      return 'no faults'
    case 'reset':
      await lab.reset()
      return 'no calls'
    case 'kill':
      await lab.restart()
      return 'killed and started again'
    case 'status':
      return status({ lab, traffic })
    default:
      throw new Error(`no such order: ${order}; help lists them`)
  }
}

async function lose({ faults }: Lab, [method = '', way = 'in', count]: readonly string[]) {
  const fault = { direction: direction(way), count: number(count ?? '1', 1) }
  if (method === 'ack') await faults.loseAck(fault)
  else if (method === 'bye') await faults.loseBye(fault)
  else throw new Error('lose ack or bye')
  return `${method.toUpperCase()} will be lost`
}

async function status({ lab, traffic }: LabWorld): Promise<string> {
  const { body } = await lab.get('/v2/lab')
  const { came, talked, gaveUp, refused, now } = traffic.counts()
  const callers = `${came} came, ${now} are here, ${talked} talked, ${gaveUp} gave up, ${refused} refused`
  const data = recordIn(body, 'data')
  const faults = recordsIn(data, 'faults').map(
    (fault) => `${textIn(fault, 'fault').replaceAll('_', ' ')} (struck ${textIn(fault, 'struck')})`,
  )
  const ahead = duration(Math.round(numberIn(data, 'ahead_secs')))
  return `${callers}; ${ahead} ahead; ${faults.length === 0 ? 'no faults' : faults.join(', ')}`
}

function webhook(words: readonly string[]): { readonly type?: string; readonly count?: number } {
  const isType = (word: string): boolean => /^[a-z_]+(\.[a-z_]+)+$/.test(word)
  const isCount = (word: string): boolean => /^\d+$/.test(word)
  const odd = words.find((word) => !isType(word) && !isCount(word))
  if (odd !== undefined) {
    throw new Error(`"${odd}" is neither the type of an event, such as call.answered, nor a number`)
  }
  const type = words.find(isType)
  const count = words.find(isCount)
  return {
    ...(type === undefined ? {} : { type }),
    ...(count === undefined ? {} : { count: number(count, 1) }),
  }
}

function direction(word: string | undefined): 'in' | 'out' {
  if (word === 'in' || word === 'out') return word
  throw new Error('say in or out')
}

function number(word: string | undefined, min: number): number {
  const value = Number(word)
  if (word !== undefined && /^\d+(\.\d+)?$/.test(word) && value >= min) return value
  throw new Error(`"${word ?? ''}" is no number of at least ${min}`)
}
