// `holdfast calls` and `holdfast call <id>`: who is on the line now, and one call in all its steps.

import type { Command } from 'commander'
import { piece } from '../client.ts'
import type { ApiClient } from '../client.ts'
import type { Context, Run } from '../context.ts'
import { numberIn, textIn } from '../json.ts'
import type { Json } from '../json.ts'
import { duration, table } from '../render.ts'
import { showCall } from './timeline.ts'

/** What the timelines know of a call beside its being there. */
const timelineFields = ['from', 'to', 'direction', 'state', 'queue_name'] as const

export function addCallCommands(program: Command, run: Run): void {
  program
    .command('calls')
    .description('List the calls that are going on.')
    .option('--connection <id>', 'only those of this application or connection')
    .action((options: { connection?: string }) =>
      run((context) => listCalls(context, options.connection)),
    )
  program
    .command('call')
    .description(
      'Show one call: SIP, commands, events, webhooks and sound of all its legs, in order.',
    )
    .argument('<id>', 'call_control_id')
    .option('-f, --follow', 'go on until the call is over or Ctrl-C')
    .action((id: string, { follow = false }: { follow?: boolean }) =>
      run((context) => showCall(context, id, follow)),
    )
}

async function listCalls(context: Context, only: string | undefined): Promise<undefined> {
  const calls = await context.during('reading the calls', readCalls(context.api(), only))
  const rows = calls.map((call) => [
    textIn(call, 'call_control_id'),
    duration(numberIn(call, 'call_duration')),
    textIn(call, 'state'),
    textIn(call, 'queue_name'),
    textIn(call, 'from'),
    textIn(call, 'to'),
  ])
  context.print({ data: calls }, () =>
    rows.length === 0
      ? 'No calls.\n'
      : table(context.paint, ['CALL', 'FOR', 'STATE', 'QUEUE', 'FROM', 'TO'], rows, [1]),
  )
}

/** What is alive comes from the connections; the timelines add who and where, when they are kept. */
async function readCalls(api: ApiClient, only: string | undefined): Promise<readonly Json[]> {
  const ids =
    only === undefined
      ? (await api.all('/v2/connections')).map((connection) => textIn(connection, 'id'))
      : [only]
  const alive: Json[] = []
  for (const id of ids) {
    const calls = await api.all(`/v2/connections/${piece(id)}/active_calls`)
    alive.push(...calls.map((call) => ({ ...call, connection_id: id })))
  }
  if (alive.length === 0) return alive
  const known = await timelines(api, alive.length)
  return alive.map((call) => {
    const more = known.get(textIn(call, 'call_control_id'))
    return {
      ...call,
      ...Object.fromEntries(timelineFields.map((name) => [name, more?.[name] ?? null])),
    }
  })
}

/** By call_control_id; empty when the server keeps none. */
async function timelines(api: ApiClient, count: number): Promise<ReadonlyMap<string, Json>> {
  const { status } = await api.get('/v2/call_timelines?page[size]=1', { allow: [404, 422, 503] })
  if (status !== 200) return new Map()
  // The newest first, so calls that are alive are among the first.
  const rows = await api.all('/v2/call_timelines', Math.max(1000, 2 * count))
  return new Map(rows.map((row) => [textIn(row, 'call_control_id'), row]))
}
