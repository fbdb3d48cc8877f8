// `holdfast doctor`: looks at everything a server needs on this machine, and says in words what is wrong and the mend.

import type { Command } from 'commander'
import type { Run } from '../context.ts'

export function addDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description(
      'Look at ports, addresses, disk, clock, webhooks and trunks, and say what to mend.',
    )
    .action(() =>
      run(async (context) => {
        const { examine } = await import('../doctor/examine.ts')
        return examine(context)
      }),
    )
}
