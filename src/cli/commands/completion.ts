// `holdfast completion <shell>`: a script for the shell, made from the tree of commands.

import { Argument } from 'commander'
import type { Command } from 'commander'
import type { Run } from '../context.ts'

const shells = ['bash', 'zsh', 'fish'] as const

export function addCompletion(program: Command, run: Run): void {
  program
    .command('completion')
    .description('Print the completion script of a shell: source <(holdfast completion bash)')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action((shell: string) =>
      run(async (context) => {
        const script = completionScript(program, shell)
        context.print({ data: { shell, script } }, () => script)
        return undefined
      }),
    )
}

interface Words {
  readonly command: string
  readonly description: string
  /** Texts that may follow the command: the choices of its arguments. */
  readonly choices: readonly string[]
  readonly options: readonly string[]
}

export function completionScript(program: Command, shell: string): string {
  const globals = optionsOf(program)
  const named = program.commands.map((command): Words => ({
    command: command.name(),
    description: command.description().split(/[.:;]/)[0] ?? '',
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    options: [...optionsOf(command), ...globals],
  }))
  const help: Words = {
    command: 'help',
    description: 'Print the help of a command',
    choices: named.map(({ command }) => command),
    options: [],
  }
  const commands = [...named, help]
  return shell === 'fish' ? fishScript(program, commands) : bashScript(shell, program, commands)
}

function optionsOf(command: Command): readonly string[] {
  return command.options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long]))
}

/** Options after which the next word is their value. */
function valued(commands: readonly Command[]): readonly string[] {
  const all = commands.flatMap(({ options }) => options).filter(({ required }) => required)
  return [...new Set(all.flatMap(({ short, long }) => [short ?? '', long ?? '']))].filter(Boolean)
}

/** zsh runs the same functions through its own emulation. Where nothing fits, the shell completes names of files. */
function bashScript(shell: string, program: Command, commands: readonly Words[]): string {
  const cases = commands.map(
    ({ command, choices, options }) =>
      `    ${command}) words="${[...choices, ...options, '--help'].join(' ')}" ;;`,
  )
  const names = commands.map(({ command }) => command)
  return [
    ...(shell === 'zsh'
      ? ['autoload -U +X compinit && compinit', 'autoload -U +X bashcompinit && bashcompinit']
      : []),
    '_holdfast() {',
    '  local command="" skip="" first=1 word words current="" rest="$COMP_LINE"',
    '  COMPREPLY=()',
    '  rest="${rest#"${rest%%[![:space:]]*}"}"',
    '  # bash cuts words at : and =, too; what stands together in the line is one word.',
    '  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do',
    '    case "$rest" in [[:space:]]*)',
    '      if [ -n "$first" ]; then first=""',
    '      elif [ -n "$skip" ]; then skip=""',
    '      else case "$current" in',
    `        ${valued([program, ...program.commands]).join('|')}) skip=1 ;;`,
    '        -*) ;;',
    '        *) [ -n "$command" ] || command="$current" ;;',
    '      esac; fi',
    '      current="" ;;',
    '    esac',
    '    rest="${rest#"${rest%%[![:space:]]*}"}"',
    '    rest="${rest#"$word"}"',
    '    current="$current$word"',
    '  done',
    '  [ -n "$skip" ] && return',
    '  case "$command" in',
    ...cases,
    `    *) words="${[...names, ...optionsOf(program), '--help'].join(' ')}" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _holdfast holdfast',
    '',
  ].join('\n')
}

function fishScript(program: Command, commands: readonly Words[]): string {
  const quoted = (text: string): string =>
    `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = commands.flatMap(({ command, description, choices }) => {
    const own = program.commands.find((one) => one.name() === command)
    return [
      `complete -c holdfast -n __fish_use_subcommand -f -a ${command} -d ${quoted(description)}`,
      ...(choices.length === 0
        ? []
        : [
            `complete -c holdfast -n '__fish_seen_subcommand_from ${command}' -f -a ${quoted(choices.join(' '))}`,
          ]),
      ...(own?.options ?? []).map(
        (option) =>
          `complete -c holdfast -n '__fish_seen_subcommand_from ${command}' -l ${(option.long ?? '').replace(/^--/, '')}${option.required ? ' -r' : ''} -d ${quoted(option.description)}`,
      ),
    ]
  })
  const globals = program.options.map(
    (option) =>
      `complete -c holdfast -l ${(option.long ?? '').replace(/^--/, '')}${option.required ? ' -r' : ''} -d ${quoted(option.description)}`,
  )
  return `${[...lines, ...globals].join('\n')}\n`
}
