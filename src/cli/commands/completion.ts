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
  readonly options: readonly string[]
}

export function completionScript(program: Command, shell: string): string {
  const globals = optionsOf(program)
  const commands = program.commands.map((command): Words => ({
    command: command.name(),
    description: command.description().split(/[.:;]/)[0] ?? '',
    options: [...optionsOf(command), ...globals],
  }))
  return shell === 'fish' ? fishScript(program, commands) : bashScript(shell, commands, globals)
}

function optionsOf(command: Command): readonly string[] {
  return command.options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long]))
}

/** zsh runs the same functions through its own emulation. */
function bashScript(shell: string, commands: readonly Words[], globals: readonly string[]): string {
  const cases = commands.map(
    ({ command, options }) => `    ${command}) words="${[...options, '--help'].join(' ')}" ;;`,
  )
  return [
    ...(shell === 'zsh'
      ? ['autoload -U +X compinit && compinit', 'autoload -U +X bashcompinit && bashcompinit']
      : []),
    '_holdfast() {',
    '  local command="" word words current="${COMP_WORDS[COMP_CWORD]}"',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *) command="$word"; break ;; esac',
    '  done',
    '  case "$command" in',
    ...cases,
    `    *) words="${[...commands.map(({ command }) => command), ...globals, '--help'].join(' ')}" ;;`,
    '  esac',
    '  case "$current" in -*|"") ;; *) [ -n "$command" ] && [ "$command" != "$current" ] && words="" ;; esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))',
    '}',
    'complete -F _holdfast holdfast',
    '',
  ].join('\n')
}

function fishScript(program: Command, commands: readonly Words[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`
  const lines = commands.flatMap(({ command, description }) => {
    const own = program.commands.find((one) => one.name() === command)
    return [
      `complete -c holdfast -n __fish_use_subcommand -f -a ${command} -d ${quoted(description)}`,
      ...(own?.options ?? []).map(
        (option) =>
          `complete -c holdfast -n '__fish_seen_subcommand_from ${command}' -l ${(option.long ?? '').replace(/^--/, '')} -d ${quoted(option.description)}`,
      ),
    ]
  })
  const globals = program.options.map(
    (option) =>
      `complete -c holdfast -l ${(option.long ?? '').replace(/^--/, '')} -d ${quoted(option.description)}`,
  )
  return `${[...lines, ...globals].join('\n')}\n`
}
