// Writes docs/reference/cli.md from the tree of commands.

import type { Command, Option } from 'commander'
import { createCommandLine } from '../platform/command-line.ts'
import { exitMeanings } from './exit-codes.ts'
import { orders } from './phone/options.ts'
import { buildProgram } from './program.ts'

const opening = `# Command line

This page is generated from the commands in \`src/cli\` by \`npm run docs\`. How to work with them: [the guide](../guides/command-line.md).

\`npm run holdfast -- <command>\` in this repository, \`npx holdfast <command>\` where the package is installed.
`

/** The whole page as Markdown. */
export function commandReference(): string {
  const nothing = async (): Promise<void> => undefined
  const around = { line: createCommandLine(), version: '', startServer: nothing }
  const program = buildProgram(around, nothing)
  const lines = [opening, '## Options of every command', '', ...optionRows(program.options)]
  for (const command of program.commands) lines.push(...commandText(command))
  lines.push('## Orders to `phone`', '', 'A line each, on a terminal or with `--interactive`.', '')
  lines.push('| Order | Meaning |', '|---|---|')
  for (const [order, meaning] of orders) lines.push(`| \`${order}\` | ${cell(meaning)} |`)
  lines.push('', '## Exit codes', '', '| Code | Meaning |', '|---|---|')
  for (const [code, meaning] of exitMeanings) lines.push(`| ${code} | ${cell(meaning)} |`)
  return `${lines.join('\n')}\n`.replace(/\n{3,}/g, '\n\n')
}

function commandText(command: Command): readonly string[] {
  const usage = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name()
    return one.required ? `<${name}>` : `[${name}]`
  })
  const lines = [
    '',
    `## \`${[command.name(), ...usage].join(' ')}\``,
    '',
    command.description(),
    '',
  ]
  const described = command.registeredArguments.filter(({ description }) => description !== '')
  if (described.length > 0) {
    lines.push('| Argument | Meaning |', '|---|---|')
    for (const one of described) {
      const usual =
        one.defaultValue === undefined ? '' : ` Default: \`${String(one.defaultValue)}\`.`
      const choices = one.argChoices === undefined ? '' : ` One of ${one.argChoices.join(', ')}.`
      lines.push(`| \`${one.name()}\` | ${cell(sentence(one.description))}${choices}${usual} |`)
    }
    lines.push('')
  }
  if (command.options.length > 0) lines.push(...optionRows(command.options))
  return lines
}

function optionRows(options: readonly Option[]): readonly string[] {
  const rows = options.map((option) => {
    const usual = option.defaultValue
    const hasUsual = usual !== undefined && usual !== '' && typeof usual !== 'boolean'
    const must = option.mandatory ? ' Must be given.' : ''
    return `| \`${option.flags}\` | ${cell(sentence(option.description))}${must}${hasUsual ? ` Default: \`${String(usual)}\`.` : ''} |`
  })
  return ['| Option | Meaning |', '|---|---|', ...rows, '']
}

function sentence(text: string): string {
  // A name of the API keeps its spelling.
  const isName = /^\w+_\w+$/.test(text)
  const whole = isName ? `\`${text}\`` : `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return whole.endsWith('.') ? whole : `${whole}.`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
