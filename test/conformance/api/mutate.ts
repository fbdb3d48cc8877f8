// How much the suite notices: for each deviation a proxy changes what our server says, and the checks near the place run
// until one fails. Checks elsewhere could only notice more.
import type { RunningServer } from '../../../src/lab/server-process.ts'
import { allChecks } from './all.ts'
import type { Check } from './check.ts'
import { mutations, type Mutation } from './mutations.ts'
import { addApplication, ownConnectionId, startOwnServer } from './own-server.ts'
import { openProxy, type Deviation } from './proxy.ts'
import { openStage } from './stage.ts'
import { runChecks, type Result } from './suite.ts'
import { openWebhooks } from './webhooks.ts'

export interface MutationOutcome {
  readonly caught: readonly Mutation[]
  readonly missed: readonly Mutation[]
}

export interface MutationOptions {
  /** Hears what came of each. */
  readonly onEach?: (mutation: Mutation, noticedBy: Check | undefined) => void
  /** All checks have passed just now: they are not tried without a deviation first. */
  readonly isSound?: boolean
  /** A server that runs already; it goes on running. Default: one that is started for it. */
  readonly server?: RunningServer
}

/** Runs them one after the other on one server. */
export async function runMutations(
  chosen: readonly Mutation[] = mutations,
  { onEach = () => undefined, isSound = false, server: given }: MutationOptions = {},
): Promise<MutationOutcome> {
  const proxy = await openProxy()
  const server = given ?? (await startOwnServer(proxy.webhookUrl))
  const application =
    given === undefined
      ? { connectionId: ownConnectionId }
      : await addApplication(given, proxy.webhookUrl)
  proxy.serve(server.origin)
  const firstFailure = async (
    checks: readonly Check[],
    deviation: Deviation | undefined,
  ): Promise<Result | undefined> => {
    const webhooks = await openWebhooks()
    proxy.tell(webhooks.url)
    proxy.deviate(deviation)
    const { apiKey: key, sip } = server
    const options = { baseUrl: proxy.baseUrl, key, sip, webhooks, ...application }
    // Impatience belongs to deviations: without one, a slow machine is no failure.
    const stage = await openStage({ ...options, ...(deviation ? { patienceMs: 3_000 } : {}) })
    const results = await runChecks(checks, stage, true)
    proxy.deviate(undefined)
    await stage.close()
    await webhooks.close()
    return results.find(({ outcome }) => outcome === 'failed')
  }
  const caught: Mutation[] = []
  const missed: Mutation[] = []
  try {
    const wrong = isSound ? undefined : await firstFailure(near(chosen), undefined)
    if (wrong) throw new Error(`fails without a deviation: ${wrong.check.name}: ${wrong.why}`)
    for (const mutation of chosen) {
      const failed = await firstFailure(near([mutation]), mutation.deviation)
      onEach(mutation, failed?.check)
      ;(failed === undefined ? missed : caught).push(mutation)
    }
  } finally {
    if (given === undefined) await server.stop()
    await proxy.close()
  }
  return { caught, missed }
}

function near(chosen: readonly Mutation[]): readonly Check[] {
  const places = new Set(chosen.flatMap(({ near: some }) => some))
  return allChecks.filter(
    ({ covers, takesMs }) =>
      takesMs === undefined &&
      covers.some((one) => places.has(one) || places.has(one.split('#')[0] ?? '')),
  )
}
