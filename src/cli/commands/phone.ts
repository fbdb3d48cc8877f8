// `holdfast phone`: a telephone in the terminal. It is a robot of the lab with real SIP and real audio: it registers,
// places or takes a call, presses keys, says a tone or a file, tells what it hears, and keeps it as a WAV file.

import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { dialled, seconds, wholeNumber } from '../arguments.ts'
import type { Run } from '../context.ts'
import { ringSecs, toneOf } from '../phone/options.ts'
import type { PhoneOptions } from '../phone/options.ts'

export function addPhone(program: Command, run: Run): void {
  const tone = (text: string): number => {
    const hz = toneOf(text)
    if (hz !== undefined) return hz
    throw new InvalidArgumentError('It must be a frequency from 100 to 3500 Hz.')
  }
  const keys = (text: string): string => {
    if (/^[0-9A-D*#w]+$/i.test(text)) return text
    throw new InvalidArgumentError('Keys are 0-9, A-D, * and #; w waits half a second.')
  }
  program
    .command('phone')
    .description(
      'A telephone: places a call (--call) or takes the next one, and tells what it hears.',
    )
    .option('--server <host[:port]>', 'SIP server; else the one of the configuration file')
    .option('--user <name>', 'who we are', 'phone')
    .option('--password <text>', 'SIP password; better in the variable PHONE_PASSWORD')
    .option('--domain <name>', 'SIP domain; else the one of the configuration file')
    .option('--host <address>', 'address of this machine for SIP and audio; else the fitting one')
    .option('--tcp', 'SIP over TCP')
    .option('--register', 'register first')
    .option('--call <to>', 'number, SIP user or SIP URI to call', dialled)
    .option('--answer-after <secs>', 'how long a call that comes rings', seconds, 0)
    .option(
      '--reject <status>',
      'refuse the call that comes, with this SIP status',
      wholeNumber(400, 699),
    )
    .option('--say <what>', 'silence, a frequency such as 440, or a WAV or MP3 file', 'silence')
    .option('--keys <keys>', 'press these after the answer', keys, '')
    .option('--for <secs>', 'hang up so long after the answer', seconds)
    .option(
      '--wait <secs>',
      `how long to wait for the call to be answered (${ringSecs}), or to come (for ever)`,
      seconds,
    )
    .option('--expect <hz>', 'hang up when this tone was heard; exit code 5 if it never was', tone)
    .option('--save <file>', 'keep what is heard as a WAV file')
    .option(
      '-i, --interactive',
      'take orders from the input; `help` lists them. Usual on a terminal',
    )
    .action((options: PhoneOptions) =>
      run(async (context) => {
        const { phone } = await import('../phone/run.ts')
        return phone(context, options)
      }),
    )
}
