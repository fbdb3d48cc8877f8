// Says of a server whether it behaves as the API promises:
//   npm run conformance                                             our own server, with phones
//   npm run conformance -- --base-url https://host/v2 --key KEY     any server: what needs no calls
//     … --connection-id 123 --sip host:port --to +15550100          with calls: webhooks of that application must come to
//       --webhooks 0.0.0.0:8099 --webhook-url http://us:8099/ --our-host 192.0.2.7     the address given here
//   npm run conformance -- --only word     only checks whose name has the word; --list prints names and sources
//   npm run conformance -- --mutate        how many seeded deviations of our own server are noticed
// Exits with 1 when a check failed, or when too few deviations were noticed.
import { parseArgs } from 'node:util'
import { allChecks } from './all.ts'
import { runMutations } from './mutate.ts'
import { mutations } from './mutations.ts'
import { ownConnectionId, startOwnServer } from './own-server.ts'
import { openStage, type TargetOptions } from './stage.ts'
import { runChecks } from './suite.ts'
import { openWebhooks } from './webhooks.ts'

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string' },
    key: { type: 'string' },
    'connection-id': { type: 'string' },
    sip: { type: 'string' },
    to: { type: 'string' },
    webhooks: { type: 'string' },
    'webhook-url': { type: 'string' },
    'our-host': { type: 'string' },
    only: { type: 'string' },
    list: { type: 'boolean' },
    mutate: { type: 'boolean' },
  },
})

const wanted = allChecks.filter(({ name }) => name.includes(values.only ?? ''))

function address(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) }
}

const chosenMutations = () => mutations.filter(({ name }) => name.includes(values.only ?? ''))

async function elsewhere(baseUrl: string): Promise<TargetOptions> {
  const { sip, to, key = '' } = values
  const listen = address(values.webhooks ?? '127.0.0.1:0')
  const webhooks = await openWebhooks(listen.host, listen.port, values['webhook-url'])
  const connectionId = values['connection-id']
  const ourHost = values['our-host']
  return {
    baseUrl: baseUrl.replace(/\/$/, ''),
    key,
    webhooks,
    ...(connectionId === undefined ? {} : { connectionId }),
    ...(sip === undefined ? {} : { sip: address(sip) }),
    ...(to === undefined ? {} : { dialled: to }),
    ...(ourHost === undefined ? {} : { ourHost }),
  }
}

async function runSuite(): Promise<void> {
  const baseUrl = values['base-url']
  const own = baseUrl === undefined
  const webhooks = own ? await openWebhooks() : undefined
  const server = webhooks === undefined ? undefined : await startOwnServer(webhooks.url)
  const options =
    server === undefined || webhooks === undefined
      ? await elsewhere(baseUrl ?? '')
      : {
          baseUrl: server.baseURL,
          key: server.apiKey,
          connectionId: ownConnectionId,
          sip: server.sip,
          webhooks,
        }
  const stage = await openStage(options)
  const results = await runChecks(wanted, stage)
  await stage.close()
  await options.webhooks?.close()
  await server?.stop()
  const count = (outcome: string): number =>
    results.filter((result) => result.outcome === outcome).length
  for (const { check, why } of results.filter(({ outcome }) => outcome === 'failed')) {
    console.log(`✖ ${check.name}\n  ${check.cites}\n  ${why?.replaceAll('\n', '\n  ')}`)
  }
  console.log(
    `conformance: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`,
  )
  process.exitCode = count('failed') === 0 ? 0 : 1
}

if (values.list === true) for (const { name, cites } of wanted) console.log(`${name}  [${cites}]`)
else if (values.mutate === true) {
  const { caught, missed } = await runMutations(chosenMutations(), {
    onEach: (mutation, by) =>
      console.log(
        `${by === undefined ? '✖' : '✔'} ${mutation.name}  [${by?.name ?? 'not noticed'}]`,
      ),
  })
  for (const { name } of missed) console.log(`✖ not noticed: ${name}`)
  console.log(`mutations: ${caught.length} of ${caught.length + missed.length} noticed`)
  process.exitCode = caught.length >= 0.9 * (caught.length + missed.length) ? 0 : 1
} else await runSuite()
// A pipe must have taken everything first.
process.stdout.write('', () => process.exit())
