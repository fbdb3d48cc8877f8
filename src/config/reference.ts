// Writes docs/reference/configuration.md from the table of keys.

import { keys } from './keys.ts'
import { isLeaf, isRecords } from './spec.ts'
import type { Leaf, PortRange, Table } from './spec.ts'

const opening = `# Configuration

This page is generated from the table in \`src/config/keys.ts\` by \`npm run docs\`.

One YAML file: the one that \`HOLDFAST_CONFIG\` names, else \`holdfast.yaml\` in the working directory if there is one. Relative
paths start at the file's folder, or at the working directory when there is no file. Every key can be overridden by the
environment: \`HOLDFAST_\` and the path in capitals joined by two underscores, such as \`HOLDFAST_HTTP__PORT\` or
\`HOLDFAST_QUEUES__COLLECT_EMPTY_AFTER_SECS\`; lists are written as JSON. An unknown key, a wrong type or a value out of range
stops the start with a message that names key, value and range.

| Variable | Meaning |
|---|---|
| \`HOLDFAST_CONFIG\` | Path of the configuration file. |
| \`HOLDFAST_API_KEY\` | An API key, in addition to \`api_keys\`. Without any key one is made at the first start, printed once and kept in \`<data>/api-key\` (mode 0600). |
| \`HOLDFAST_WEBHOOK_URL\` | Webhook URL of the default application, which exists when \`applications\` is empty. |

Stability: **stable** keys keep name and meaning within a major version; **tuning** keys may change with any release.
`

/** The whole page as Markdown. */
export function configurationReference(): string {
  const lines = [opening]
  const plain = Object.entries(keys as Table).filter(([, node]) => isLeaf(node))
  lines.push('## Top level', '', ...tableHead())
  for (const [name, node] of plain) if (isLeaf(node)) lines.push(row(name, node))
  lines.push('')
  for (const [name, node] of Object.entries(keys as Table)) {
    if (isLeaf(node)) continue
    lines.push(`## \`${name}\``, '')
    if (isRecords(node)) lines.push(`List of at most ${node.entriesMax} entries. ${node.doc}`, '')
    lines.push(...tableHead())
    const fields = isRecords(node) ? node.fields : node
    const prefix = isRecords(node) ? `${name}[].` : `${name}.`
    for (const [key, leaf] of Object.entries(fields)) lines.push(row(prefix + key, leaf))
    lines.push('')
  }
  return lines.join('\n')
}

function tableHead(): readonly string[] {
  return [
    '| Key | Type | Default | Range | Unit | Stability | Meaning |',
    '|---|---|---|---|---|---|---|',
  ]
}

function row(path: string, key: Leaf<unknown>): string {
  const cells = [
    `\`${path}\``,
    key.type,
    shownDefault(key),
    key.range,
    key.unit || '–',
    key.stability,
    key.doc,
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function shownDefault(key: Leaf<unknown>): string {
  if (key.required) return 'required'
  if (key.default === undefined) return 'none'
  if (isPortRange(key.default)) return `\`${key.default.first}-${key.default.last}\``
  return `\`${typeof key.default === 'string' ? key.default || '""' : JSON.stringify(key.default)}\``
}

function isPortRange(value: unknown): value is PortRange {
  return typeof value === 'object' && value !== null && 'first' in value && 'last' in value
}
