// `holdfast start`: the server, in this process, so that signals and exit codes are the server's own.

import type { Command } from 'commander'
import type { Run, Surroundings } from '../context.ts'
import { readConfig } from '../settings.ts'

export function addStart(program: Command, run: Run, { startServer }: Surroundings): void {
  program
    .command('start')
    .description('Run the server until SIGTERM or Ctrl-C. It logs to the error output.')
    .action(() =>
      run(async ({ line, options }) => {
        readConfig(line, options)
        if (options.config !== undefined) line.setVariable('HOLDFAST_CONFIG', options.config)
        await startServer()
        return undefined
      }),
    )
}
