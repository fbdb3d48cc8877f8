// Writes down what clients ask of calls and what they are answered, for the timelines of those calls.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../ports/clock.ts'
import type { Trace } from '../../ports/trace.ts'
import type { Api } from '../context.ts'
import { asksToListen } from '../listen/route.ts'

const collections = /^\/v2\/(?:calls|conferences|queues)(?:[/?]|$)/
const legsMax = 100

/** Everything on calls, conferences and queues that is no question, and attempts to listen that were refused. */
export function recordCommands(api: Api, clock: Clock, command: Trace['command']): void {
  api.addHook('onSend', (request, reply, payload, done) => {
    const { method, url, apiKey } = request
    const isQuestion = (method === 'GET' && !asksToListen(request)) || method === 'HEAD'
    if (apiKey !== null && !isQuestion && collections.test(url)) {
      const answer = typeof payload === 'string' ? payload : ''
      const legIds = legsOf(request, answer)
      if (legIds.length > 0) {
        const durationMs = Math.round(reply.elapsedTime * 1000) / 1000
        command({
          atUs: clock.wallUs() - Math.round(durationMs * 1000),
          ...{ durationMs, legIds, method, path: url, answer, status: statusOf(reply) },
          body: request.rawBody === null ? '' : request.rawBody.toString('utf8'),
          keyName: apiKey.name,
        })
      }
    }
    done(null, payload)
  })
}

function statusOf(reply: FastifyReply): number {
  return reply.statusCode
}

/** The call of the path; else those of the body; else the one that was made, or that it was made for. */
function legsOf({ params, body }: FastifyRequest, answer: string): readonly string[] {
  const named = textIn(params, 'call_control_id') ?? textIn(body, 'call_control_id')
  if (named !== undefined) return [named]
  const several = valueIn(body, 'call_control_ids')
  if (Array.isArray(several))
    return several.filter((one) => typeof one === 'string').slice(0, legsMax)
  const made = textIn(valueIn(parsed(answer), 'data'), 'call_control_id')
  return [made ?? textIn(body, 'link_to')].filter((one) => one !== undefined)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function valueIn(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined
  return Object.entries(object).find(([name]) => name === key)?.[1]
}

function textIn(object: unknown, key: string): string | undefined {
  const value = valueIn(object, key)
  return typeof value === 'string' && value !== '' ? value : undefined
}
