// For commands that follow something: a server that is restarted or out of reach for a while does not end them. They
// say so on the error output, ask again less and less often, and go on behind what they have read.

import type { ApiAnswer, ApiClient } from './client.ts'
import type { Context } from './context.ts'
import { CliError, exitCodes } from './exit-codes.ts'

/** Doubles from the first to the last. */
const pauseMsMin = 250
const pauseMsMax = 2000
/** What a proxy says in place of a server that is away, and the server itself while it starts or stops. */
const awayStatuses = [502, 503, 504]
/** A server that stops answers what waits at once; it is not asked as fast as it answers. */
const shortMs = 200

type Get = ApiClient['get']

/**
 * GET as of `api`, of requests that change nothing. Before the first answer it is not patient: a wrong address is said.
 * @throws CliError of what waiting does not mend, and of a program that is to end.
 */
export function patiently(context: Context, api: ApiClient): Get {
  const { line } = context
  let hasAnswered = false
  const once: Get = async (path, how) => {
    const sinceMs = line.clock.monotonicMs()
    const answer = await api.get(path, how)
    const tookMs = line.clock.monotonicMs() - sinceMs
    if ((how?.waitSecs ?? 0) > 0 && tookMs < shortMs) await line.pause(shortMs - tookMs)
    return answer
  }
  return async (path, how) => {
    let awaySinceMs: number | undefined
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      let answer: ApiAnswer
      try {
        answer = await once(path, how)
      } catch (error) {
        if (!hasAnswered || !isAway(error)) throw error
        if (awaySinceMs === undefined) {
          notice(context, `${error.message}. Going on when it is back; Ctrl-C ends this.`)
          awaySinceMs = line.clock.monotonicMs()
        }
        await line.pause(pauseMs)
        if (line.stopping().aborted) throw new CliError(exitCodes.done, '')
        continue
      }
      hasAnswered = true
      if (awaySinceMs !== undefined) {
        const secs = Math.round((line.clock.monotonicMs() - awaySinceMs) / 1000)
        notice(context, `the server is back after ${secs} s`)
      }
      return answer
    }
  }
}

/** A line for people, or an object for programs, on the error output; the command goes on. */
export function notice({ json, line }: Context, text: string): void {
  line.err.write(json ? `${JSON.stringify({ notice: text })}\n` : `holdfast: ${text}\n`)
}

function isAway(error: unknown): error is CliError {
  if (!(error instanceof CliError)) return false
  return error.exitCode === exitCodes.unreachable || awayStatuses.includes(error.status)
}
