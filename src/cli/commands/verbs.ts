// The commands that change something: each is one request of the API.

import type { Command } from 'commander'
import { seconds, wholeNumber } from '../arguments.ts'
import { piece } from '../client.ts'
import type { Context, Run } from '../context.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { recordIn, textIn } from '../json.ts'
import type { Json } from '../json.ts'
import { printable } from '../render.ts'
import { showCall } from './timeline.ts'

export function addVerbs(program: Command, run: Run): void {
  addDial(program, run)
  program
    .command('answer')
    .description('Answer an inbound call.')
    .argument('<id>', 'call_control_id')
    .action((id: string) => run((context) => act(context, id, 'answer', {}, 'answered')))
  program
    .command('enqueue')
    .description('Put an answered call into a queue.')
    .argument('<id>', 'call_control_id')
    .argument('<queue>', 'name of the queue; it is made if there is none')
    .option('--max-wait <secs>', 'how long it may wait', wholeNumber(1, 31_536_000))
    .option(
      '--max-size <calls>',
      'room of the queue, when this makes it',
      wholeNumber(1, 1_000_000),
    )
    .action((id: string, queue: string, options: { maxWait?: number; maxSize?: number }) =>
      run((context) => {
        const limits = {
          ...(options.maxWait === undefined ? {} : { max_wait_time_secs: options.maxWait }),
          ...(options.maxSize === undefined ? {} : { max_size: options.maxSize }),
        }
        return act(
          context,
          id,
          'enqueue',
          { queue_name: queue, ...limits },
          `in the queue ${queue}`,
        )
      }),
    )
  program
    .command('bridge')
    .description('Connect a call with another one, or with the next caller of a queue.')
    .argument('<id>', 'call_control_id')
    .argument('[other]', 'call_control_id of the other call')
    .option('--queue <name>', 'take the next caller of this queue')
    .action(
      (id: string, other: string | undefined, { queue }: { queue?: string }, command: Command) =>
        run((context) => {
          if ((other === undefined) === (queue === undefined)) {
            command.error('error: give either the other call or --queue', {
              exitCode: exitCodes.usage,
            })
          }
          const body: Json = queue === undefined ? { call_control_id: other } : { queue }
          return act(context, id, 'bridge', body, 'bridged')
        }),
    )
  program
    .command('hangup')
    .description('End a call.')
    .argument('<id>', 'call_control_id')
    .action((id: string) => run((context) => act(context, id, 'hangup', {}, 'hung up')))
}

function addDial(program: Command, run: Run): void {
  program
    .command('dial')
    .description('Call a number, a SIP user or a SIP URI; several ring at the same time.')
    .argument('<to...>', '+E.164, or a SIP URI')
    .requiredOption('--from <number>', 'the caller that is shown: +E.164 or a SIP user name')
    .option('--connection <id>', 'application of the call; needed when there are several')
    .option('--ring <secs>', 'how long it may ring', seconds)
    .option('-f, --follow', 'show the call until it is over')
    .action((to: readonly string[], options: DialOptions) =>
      run((context) => dial(context, to, options)),
    )
}

interface DialOptions {
  readonly from: string
  readonly connection?: string
  readonly ring?: number
  readonly follow?: boolean
}

async function dial(
  context: Context,
  to: readonly string[],
  options: DialOptions,
): Promise<undefined> {
  const api = context.api()
  const connection = options.connection ?? (await onlyApplication(context))
  const { body } = await api.post('/v2/calls', {
    connection_id: connection,
    to: to.length === 1 ? to[0] : to,
    from: options.from,
    ...(options.ring === undefined ? {} : { timeout_secs: Math.round(options.ring) }),
  })
  const id = textIn(recordIn(body, 'data'), 'call_control_id')
  if (options.follow === true) return showCall(context, id, true)
  context.print(body, () => `${printable(id)}\n`)
}

/** The one application there is; with several somebody must choose. */
async function onlyApplication(context: Context): Promise<string> {
  const all = await context.api().all('/v2/call_control_applications')
  const [first, second] = all
  if (first !== undefined && second === undefined) return textIn(first, 'id')
  const list = all
    .map((one) => `${textIn(one, 'id')} (${textIn(one, 'application_name')})`)
    .join(', ')
  const message =
    first === undefined
      ? 'there is no application'
      : `which application is it? There are ${printable(list)}`
  throw new CliError(exitCodes.usage, message, { hint: '--connection names one.' })
}

async function act(
  context: Context,
  id: string,
  action: string,
  body: Json,
  done: string,
): Promise<undefined> {
  const path = `/v2/calls/${piece(id)}/actions/${action}`
  const answer = await context.during(action, context.api().post(path, body))
  context.print(answer.body, () => `${context.paint.green('✔')} ${printable(done)}\n`)
}
