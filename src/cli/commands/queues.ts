// `holdfast queues`: the queues, or the callers of one in their order.

import type { Command } from 'commander'
import { noSuch, piece } from '../client.ts'
import type { Context, Run } from '../context.ts'
import { numberIn, textIn } from '../json.ts'
import { duration, table } from '../render.ts'

export function addQueues(program: Command, run: Run): void {
  program
    .command('queues')
    .description('List the queues, or with a name the calls that wait in it, the next one first.')
    .argument('[queue]', 'name of a queue')
    .action((name: string | undefined) =>
      run((context) => (name === undefined ? listQueues(context) : listCalls(context, name))),
    )
}

async function listQueues(context: Context): Promise<undefined> {
  const queues = await context.during('reading the queues', context.api().all('/v2/queues'))
  const rows = queues.map((queue) => [
    textIn(queue, 'name'),
    textIn(queue, 'current_size'),
    textIn(queue, 'max_size'),
    numberIn(queue, 'current_size') === 0
      ? '-'
      : duration(numberIn(queue, 'average_wait_time_secs')),
  ])
  const { paint } = context
  context.print({ data: queues }, () =>
    rows.length === 0
      ? 'No queues. The first `enqueue` makes one.\n'
      : table(paint, ['QUEUE', 'WAITING', 'ROOM FOR', 'MEAN WAIT'], rows, [1, 2, 3]),
  )
}

async function listCalls(context: Context, name: string): Promise<undefined> {
  const path = `/v2/queues/${piece(name)}/calls`
  const reading = context.api().all(path)
  const calls = await context.during('reading the queue', reading.catch(noSuch(`queue ${name}`)))
  const { paint } = context
  const rows = calls.map((call) => [
    textIn(call, 'queue_position'),
    duration(numberIn(call, 'wait_time_secs')),
    textIn(call, 'from'),
    textIn(call, 'to'),
    call['is_alive'] === false ? { painted: paint.yellow('hung up, place kept') } : 'on the line',
    textIn(call, 'call_control_id'),
  ])
  context.print({ data: calls }, () =>
    rows.length === 0
      ? `Nobody waits in ${name}.\n`
      : table(paint, ['#', 'WAITED', 'FROM', 'TO', '', 'CALL'], rows, [0, 1]),
  )
}
