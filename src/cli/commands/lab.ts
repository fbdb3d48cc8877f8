// `holdfast lab`: a world to try an application in by hand. A server with throw-away data, robot callers and agents, time
// that can be moved, faults.

import type { Command } from 'commander'
import { seconds, webUrl, wholeNumber } from '../arguments.ts'
import type { Run } from '../context.ts'
import type { LabOptions } from '../lab/run.ts'

export function addLab(program: Command, run: Run): void {
  program
    .command('lab')
    .description(
      'A server with throw-away data and robot callers; orders such as `skip 10m` move its time and switch faults on.',
    )
    .option('--webhook-url <url>', 'where the application takes its webhooks', webUrl)
    .option('--agents <names>', 'SIP users who answer at once, with commas between', '')
    .option('--rate <n>', 'callers in a minute, on average', wholeNumber(0, 600), 6)
    .option(
      '--patience <spread>',
      'how long a caller waits: exponential:90, lognormal:60,0.8 or fixed:30',
      'lognormal:60,0.8',
    )
    .option('--talk <spread>', 'how long an agent talks', 'exponential:30')
    .option('--dials <number>', 'what the callers dial', '+15550100')
    .option('--seed <n>', 'the same number, the same callers', wholeNumber(0, 2 ** 31), 1)
    .option(
      '--do <order>',
      'carry this order out first; may be given again',
      (order: string, former: readonly string[]) => [...former, order],
      [],
    )
    .option('--for <secs>', 'stop after so long, instead of taking orders from the input', seconds)
    .action((options: LabOptions) =>
      run(async (context) => {
        const { runLab } = await import('../lab/run.ts')
        return runLab(context, options)
      }),
    )
}
