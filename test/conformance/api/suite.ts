// Runs checks against a stage, a few at a time: most of them wait for the network. Those that take long by nature run beside
// all others, from the beginning.
import type { Check } from './check.ts'
import type { ConformanceStage } from './stage.ts'

export interface Result {
  readonly check: Check
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  readonly why?: string
}

const atOnce = 6
const longestMs = 40_000

/** Runs them all; `stopAtFailure` leaves out what had not begun when the first failed. */
export async function runChecks(
  checks: readonly Check[],
  stage: ConformanceStage,
  stopAtFailure = false,
): Promise<readonly Result[]> {
  const results: Result[] = []
  let next = 0
  let failed = false
  const quick = checks.filter(({ takesMs }) => takesMs === undefined)
  const look = async (check: Check): Promise<void> => {
    const result = await runOne(check, stage)
    if (result.outcome === 'failed') failed = true
    results.push(result)
  }
  const work = async (): Promise<void> => {
    for (;;) {
      const check = quick[next++]
      if (check === undefined || (failed && stopAtFailure)) return
      await look(check)
    }
  }
  const slow = checks.filter(({ takesMs }) => takesMs !== undefined)
  await Promise.all([...slow.map(look), ...Array.from({ length: atOnce }, work)])
  return results
}

async function runOne(check: Check, stage: ConformanceStage): Promise<Result> {
  if (check.needs === 'calls' && !stage.hasCalls) {
    return { check, outcome: 'skipped', why: 'needs --sip and --connection-id' }
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const allowedMs = longestMs + (check.takesMs ?? 0)
    timer = setTimeout(() => reject(new Error(`no end within ${allowedMs} ms`)), allowedMs)
  })
  try {
    await Promise.race([stage.apart(async () => check.run(stage)), late])
    return { check, outcome: 'passed' }
  } catch (error) {
    return { check, outcome: 'failed', why: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}
