// The tree of commands, and how each ends: parsing here is commander's, what a command does is in its own file.

import { Command, CommanderError } from 'commander'
import type { CommandLine } from '../platform/command-line.ts'
import { createClient } from './client.ts'
import { addCallCommands } from './commands/calls.ts'
import { addCompletion } from './commands/completion.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEvents } from './commands/events.ts'
import { addInit } from './commands/init.ts'
import { addLab } from './commands/lab.ts'
import { addPhone } from './commands/phone.ts'
import { addQueues } from './commands/queues.ts'
import { addStart } from './commands/start.ts'
import { addStatus } from './commands/status.ts'
import { addVerbs } from './commands/verbs.ts'
import type { Context, Run, Surroundings } from './context.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { createPaint, wantsColour } from './paint.ts'
import type { Paint } from './paint.ts'
import { withProgress } from './progress.ts'
import { findSettings } from './settings.ts'
import type { GlobalOptions } from './settings.ts'

const usageHint = '`holdfast help` and `holdfast help <command>` show the usage.'

/** In the order of the help; a further command is one line here. */
const commands: readonly ((program: Command, run: Run, around: Surroundings) => void)[] = [
  addInit,
  addStart,
  addStatus,
  addQueues,
  addCallCommands,
  addEvents,
  addVerbs,
  addPhone,
  addLab,
  addDoctor,
  addCompletion,
]

/** Runs one command line; the exit code, or undefined when the process goes on by itself (a server runs). */
export async function runProgram(
  around: Surroundings,
  args: readonly string[],
): Promise<number | undefined> {
  const { line } = around
  let code: number | undefined = exitCodes.done
  // Known before the options are read: what is wrong with them is said in the same way.
  const json = args.includes('--json')
  const program = buildProgram(
    around,
    async (work) => {
      code = await work(createContext(line, program.opts<GlobalOptions>()))
    },
    json ? () => undefined : undefined,
  )
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    return explain(line, { ...program.opts<GlobalOptions>(), json }, error)
  }
}

/** All commands with their options; `run` is told what to do once one was chosen, `complain` what cannot be understood. */
export function buildProgram(
  around: Surroundings,
  run: Run,
  complain = (text: string) => around.line.err.write(text),
): Command {
  const { line, version } = around
  const program = new Command('holdfast')
  program
    .description('Runs a Holdfast server, looks at it and steers it.')
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print the help of a command.')
    .helpCommand('help [command]', 'Print the help of a command.')
    .option('--url <url>', 'The server. Else HOLDFAST_URL, else the one of the configuration file.')
    .option(
      '--key <key>',
      'API key. Else HOLDFAST_API_KEY, else the one of the configuration file.',
    )
    .option('--config <file>', 'Configuration file. Else HOLDFAST_CONFIG, else ./holdfast.yaml.')
    .option(
      '--json',
      'JSON for programs: one document, or one object on each line of what goes on.',
    )
    .option('--no-color', 'No colours; there are none in a pipe anyway, nor with NO_COLOR set.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => line.out.write(text),
      writeErr: complain,
      getOutHelpWidth: () => line.out.columns,
      getErrHelpWidth: () => line.err.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    // The whole usage would push the fault out of sight.
    .showHelpAfterError(usageHint)
    .exitOverride()
  for (const add of commands) add(program, run, around)
  return program
}

function createContext(line: CommandLine, options: GlobalOptions): Context {
  const json = options.json === true
  const inColour = !json && wantsColour(line.out.isTerminal, options.color, line.env)
  const settings = () => findSettings(line, options)
  return {
    line,
    out: line.out,
    paint: createPaint(inColour),
    json,
    options,
    settings,
    api: () => createClient(line, settings()),
    print: (data, text) => line.out.write(json ? `${JSON.stringify(data, null, 2)}\n` : text()),
    printLine: (data, text) => line.out.write(`${json ? JSON.stringify(data) : text()}\n`),
    during: (what, work) => withProgress(line, what, work),
  }
}

/** Says why a command did not work, on the error output. */
function explain(line: CommandLine, options: GlobalOptions, error: unknown): number {
  if (error instanceof CommanderError && (error.exitCode === 0 || options.json !== true)) {
    // Commander has written the help, or the fault with the usage.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
  const told = toldOf(error)
  // Ctrl-C while following.
  if (told.exitCode === exitCodes.done) return exitCodes.done
  if (options.json === true) {
    const { message, hint, status, faults, exitCode } = told
    line.err.write(
      `${JSON.stringify({ error: { message, hint, status, errors: faults }, exit_code: exitCode })}\n`,
    )
    return exitCode
  }
  const paint = createPaint(wantsColour(line.err.isTerminal, options.color, line.env))
  line.err.write(faultText(paint, told))
  return told.exitCode
}

/** The error for people; ends with a line break. */
export function faultText(paint: Paint, { message, faults, hint }: CliError): string {
  const lines = [`${paint.red('holdfast:')} ${message}`]
  for (const { code, title, detail, where } of faults) {
    lines.push(`  ${paint.bold(code)} ${title}: ${detail}${where === '' ? '' : ` (${where})`}`)
  }
  if (hint !== '') lines.push(`  ${hint}`)
  return `${lines.join('\n')}\n`
}

function toldOf(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (!(error instanceof CommanderError)) return new CliError(exitCodes.bug, stackOf(error))
  const isBare = error.code === 'commander.help'
  const message = isBare ? 'no command was given' : error.message.replace(/^error: /, '')
  return new CliError(exitCodes.usage, message, { hint: usageHint })
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
