// `holdfast status`: is it up, does it take calls, what is going on, in five lines.

import type { Command } from 'commander'
import type { Context, Run } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { numberIn, recordIn, textIn } from '../json.ts'
import { piece } from '../client.ts'
import { counted, duration, printable, table } from '../render.ts'

export function addStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description('Does the server take calls, and how much is going on.')
    .action(() => run(status))
}

async function status(context: Context): Promise<number> {
  const api = context.api()
  const { ready, queues, calls, backlog } = await context.during('asking the server', read(api))
  const state = textIn(ready.body, 'status')
  const reasons = ready.body['reasons']
  const waiting = queues.reduce((sum, queue) => sum + numberIn(queue, 'current_size'), 0)
  const data = {
    url: api.origin,
    status: state,
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    queues: queues.length,
    waiting,
    calls,
    webhooks_owed: backlog,
  }
  const { paint } = context
  const isReady = state === 'ready'
  const mean = queues.map((queue) => numberIn(queue, 'average_wait_time_secs'))
  const longest =
    waiting === 0 ? '' : `, at most ${duration(Math.max(...mean))} on average in a queue`
  context.print({ data }, () =>
    table(
      paint,
      ['', ''],
      [
        [
          'server',
          {
            painted: isReady
              ? paint.green(printable(state))
              : paint.red(printable(`${state}: ${data.reasons.join('; ')}`)),
          },
        ],
        ['address', api.origin],
        ['calls', counted(calls, 'call')],
        [
          'queues',
          `${counted(queues.length, 'queue')}, ${counted(waiting, 'caller')} waiting${longest}`,
        ],
        ['webhooks', backlog === 0 ? 'none owed' : `${backlog} owed`],
      ],
    ).replace(/^\s*\n/, ''),
  )
  return isReady ? exitCodes.done : exitCodes.unwell
}

async function read(api: ReturnType<Context['api']>) {
  const ready = await api.get('/ready', { allow: [503] })
  const queues = await api.all('/v2/queues')
  let calls = 0
  for (const connection of await api.all('/v2/connections')) {
    const id = piece(textIn(connection, 'id'))
    const { body } = await api.get(`/v2/connections/${id}/active_calls?page[size]=1`)
    calls += numberIn(recordIn(body, 'meta'), 'total_items')
  }
  return { ready, queues, calls, backlog: await owedWebhooks(api) }
}

/** From the metrics, which have it whether or not statistics are kept. */
async function owedWebhooks(api: ReturnType<Context['api']>): Promise<number> {
  const metrics = await api.text('/metrics')
  return Number(/^holdfast_webhook_backlog(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1] ?? 0)
}
