// What `holdfast doctor` looks at, in which order, and how it is told.

import type { Context } from '../context.ts'
import { addressFindings, portFindings } from './ports.ts'
import { clockFinding, diskFinding } from './machine.ts'
import { trunkFindings, webhookFindings } from './peers.ts'
import { broken, doubtful, well } from './finding.ts'
import type { Finding } from './finding.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { textIn } from '../json.ts'
import { counted, printable } from '../render.ts'
import { configuredKey, readConfig, reachable } from '../settings.ts'

/** No clock is right that shows an earlier time. */
const releaseMs = Date.UTC(2026, 0, 1)
const askMs = 3000

/** The exit code. */
export async function examine(context: Context): Promise<number> {
  const findings = await context.during('looking at everything', allFindings(context))
  const faults = findings.filter(({ grade }) => grade === 'fault').length
  const warnings = findings.filter(({ grade }) => grade === 'warning').length
  context.print({ data: { findings, faults, warnings } }, () => report(context, findings, faults))
  return faults === 0 ? exitCodes.done : exitCodes.unwell
}

async function allFindings(context: Context): Promise<readonly Finding[]> {
  const { line } = context
  let loaded: ReturnType<typeof readConfig>
  try {
    loaded = readConfig(line, context.options)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return [broken('configuration', error.message, error.hint)]
  }
  const { config, file, warnings } = loaded
  const running = await serverAt(
    context,
    `http://${reachable(config.http.host)}:${config.http.port}`,
    configuredKey(loaded),
  )
  const webhooks = await webhookFindings(config, line)
  return [
    well('Node.js', line.nodeVersion),
    file === undefined
      ? doubtful(
          'configuration',
          'no file: a development setup on loopback',
          '`holdfast init` writes one.',
        )
      : well('configuration', file),
    ...warnings.map((words) =>
      doubtful('configuration', words, 'Remove the variable, or correct its name.'),
    ),
    ...(running === undefined ? [] : [running]),
    ...(await portFindings(config, running !== undefined)),
    ...addressFindings(config),
    diskFinding(config),
    clockFinding(line.clock.wallMs(), webhooks.clocks, releaseMs),
    ...webhooks.findings,
    ...(await trunkFindings(config, line.random)),
  ]
}

/** Undefined: no Holdfast server answers there. */
async function serverAt(
  context: Context,
  origin: string,
  key: string,
): Promise<Finding | undefined> {
  const { line } = context
  const outcome = await line.web({ method: 'GET', url: `${origin}/ready`, timeoutMs: askMs })
  if (outcome.kind === 'failed') return undefined
  const status = statusIn(outcome.text)
  if (!['ready', 'starting', 'draining', 'degraded'].includes(status)) return undefined
  if (await isForeign(context, origin, key)) {
    return broken(
      'server',
      `another Holdfast server runs at ${origin}: it does not know the API key of this configuration`,
      'Stop that one, or choose another http.port and sip.port.',
    )
  }
  if (status === 'ready') return well('server', `runs at ${origin} and takes calls`)
  return doubtful('server', `runs at ${origin}, but is ${status}`, '`holdfast status` says why.')
}

/** It refuses the key of the configuration, where there is one. */
async function isForeign({ line }: Context, origin: string, key: string): Promise<boolean> {
  if (key === '') return false
  const headers = { authorization: `Bearer ${key}` }
  const url = `${origin}/v2/queues?page[size]=1`
  const outcome = await line.web({ method: 'GET', url, headers, timeoutMs: askMs })
  return outcome.kind === 'answer' && outcome.status === 401
}

function statusIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text)
    return textIn(body, 'status')
  } catch {
    return ''
  }
}

function report({ paint }: Context, findings: readonly Finding[], faults: number): string {
  const width = Math.max(...findings.map(({ about }) => about.length))
  const marks: Readonly<Record<Finding['grade'], string>> = {
    ok: paint.green('✔'),
    warning: paint.yellow('!'),
    fault: paint.red('✖'),
  }
  const lines = findings.flatMap(({ about, grade, says, mend }) => [
    `${marks[grade]} ${printable(about).padEnd(width)}  ${printable(says)}`,
    ...(mend === '' ? [] : [`  ${' '.repeat(width)}  ${paint.bold('→')} ${printable(mend)}`]),
  ])
  const verdict =
    faults === 0
      ? paint.green('Nothing is broken.')
      : paint.red(`${counted(faults, 'fault')} to mend.`)
  return `${lines.join('\n')}\n\n${verdict}\n`
}
