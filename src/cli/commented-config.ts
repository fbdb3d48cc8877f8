// The text of a new configuration file, made from the table of keys: what is not chosen stands there as a comment with
// its default, so the file says all there is and means the same as an empty one.

import { keys } from '../config/keys.ts'
import { isLeaf, isRecords } from '../config/spec.ts'
import type { Leaf, PortRange, Table } from '../config/spec.ts'

export interface Chosen {
  /** Address for HTTP, SIP and audio. */
  readonly host: string
  /** '' : no receiver yet. */
  readonly webhookUrl: string
}

const lineChars = 100

const opening = `# Configuration of a Holdfast server. A key behind "#" has its default, which stands there; take the "#" away to
# change it. Each key can also be set by the environment: http.port by HOLDFAST_HTTP__PORT. A key that is not known,
# or a value out of range, stops the start with a message that says which.
`

/** YAML that the server accepts as it is. */
export function commentedConfig(chosen: Chosen): string {
  const values = chosenValues(chosen)
  const parts = [opening]
  for (const [name, node] of Object.entries(keys as Table)) {
    if (isLeaf(node))
      parts.push([...comment('', node), keyLine('', name, node, values), ''].join('\n'))
    else if (isRecords(node)) parts.push(recordText(name, node.doc, node.fields, chosen))
    else parts.push(groupText(name, node, values))
  }
  return parts.join('\n')
}

function chosenValues({ host }: Chosen): ReadonlyMap<string, string> {
  return new Map([
    ['data', './data'],
    ['http.host', host],
    ['http.port', '8080'],
    ['sip.host', host],
    ['sip.port', '5060'],
    ['media.host', host],
  ])
}

function groupText(
  name: string,
  fields: Readonly<Record<string, Leaf<unknown>>>,
  values: ReadonlyMap<string, string>,
): string {
  const lines = [`${name}:`]
  for (const [key, leaf] of Object.entries(fields)) {
    lines.push(...comment('  ', leaf), keyLine('  ', `${name}.${key}`, leaf, values))
  }
  return `${lines.join('\n')}\n`
}

/** `path` names the value; the line shows its last part. */
function keyLine(
  indent: string,
  path: string,
  leaf: Leaf<unknown>,
  values: ReadonlyMap<string, string>,
): string {
  const name = path.split('.').at(-1) ?? path
  const value = values.get(path)
  return value === undefined
    ? `${indent}# ${name}: ${shown(leaf)}`
    : `${indent}${name}: ${JSON.stringify(isNumber(leaf) ? Number(value) : value)}`
}

/** One entry as an example, all of it commented, but for an application when there is a receiver. */
function recordText(
  name: string,
  doc: string,
  fields: Readonly<Record<string, Leaf<unknown>>>,
  { webhookUrl }: Chosen,
): string {
  const lines = wrapped('', doc)
  if (name === 'applications' && webhookUrl !== '') {
    return [
      ...lines,
      'applications:',
      '  - id: "1000000001"',
      '    name: "first"',
      `    webhook_event_url: ${JSON.stringify(webhookUrl)}`,
      '    numbers: ["*"]',
      ...entryFields(fields, new Set(['id', 'name', 'webhook_event_url', 'numbers'])),
      '',
    ].join('\n')
  }
  return [...lines, `# ${name}:`, '#   -', ...entryFields(fields, new Set()), ''].join('\n')
}

function entryFields(
  fields: Readonly<Record<string, Leaf<unknown>>>,
  given: ReadonlySet<string>,
): readonly string[] {
  return Object.entries(fields)
    .filter(([name]) => !given.has(name))
    .flatMap(([name, leaf]) => [
      ...wrapped('#     ', about(leaf)),
      `#     ${name}: ${leaf.required ? `(${leaf.range})` : shown(leaf)}`,
    ])
}

function comment(indent: string, leaf: Leaf<unknown>): readonly string[] {
  return wrapped(indent, about(leaf))
}

function about({ doc, range, unit }: Leaf<unknown>): string {
  return `${doc} [${range}${unit === '' ? '' : `; ${unit}`}]`
}

/** Comment lines of bounded length. */
function wrapped(indent: string, text: string): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(/\s+/)) {
    if (current !== '' && indent.length + current.length + word.length > lineChars) {
      lines.push(`${indent}# ${current}`)
      current = ''
    }
    current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, `${indent}# ${current}`]
}

function isNumber(leaf: Leaf<unknown>): boolean {
  return leaf.type === 'integer'
}

function shown(leaf: Leaf<unknown>): string {
  if (leaf.default === undefined) return ''
  return isPortRange(leaf.default)
    ? `${leaf.default.first}-${leaf.default.last}`
    : JSON.stringify(leaf.default)
}

function isPortRange(value: unknown): value is PortRange {
  return typeof value === 'object' && value !== null && 'first' in value && 'last' in value
}
