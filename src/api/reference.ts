// Writes docs/reference/errors.md from the catalogue and docs/reference/api.md from the published description.

import { catalogue } from './errors.ts'
import type { CatalogueEntry } from './errors.ts'

const errorsOpening = `# Errors

This page is generated from the catalogue in \`src/api/errors.ts\` by \`npm run docs\`.

Every answer that is not a success is \`{"errors":[{"code","title","detail","source","meta"}]}\`. \`code\` is text; \`source.pointer\` is
a JSON pointer into the body, \`source.parameter\` the name of a query parameter. All faults of the parameters are listed, in the order
of the API description; the HTTP status is that of the first. Where a detail depends on the occasion, the table has its general form.

Order of the checks: API key, path and method, size and encoding of the body, parameters, the call (or queue, or conference) itself, a
repeated \`command_id\`, the state of the call, the rules of the queue.
`

/** The page of all errors. */
export function errorReference(): string {
  const entries: [string, CatalogueEntry][] = Object.entries(catalogue)
  entries.sort(([, a], [, b]) => a.status - b.status || a.code.localeCompare(b.code))
  const lines = [
    errorsOpening,
    '| HTTP | Code | Title | Detail | When | What to do |',
    '|---|---|---|---|---|---|',
    ...entries.map(([, { status, code, title, detail, meaning, remedy }]) =>
      row([String(status), code, title, detail, meaning, remedy]),
    ),
    '',
  ]
  return lines.join('\n')
}

/** What is read of an OpenAPI document. */
export interface ApiDescription {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>
}

const apiOpening = `# API

This page is generated from the API description by \`npm run docs\`. The description itself, with all parameters, ranges and
answers, is served as \`GET /openapi.json\`. Everything below \`/v2\` needs \`Authorization: Bearer <API key>\`. \`GET /metrics\`
(Prometheus text) and \`GET /openapi.json\` need no key either.
`

/** The table of all endpoints. */
export function apiReference(description: ApiDescription): string {
  const lines = [apiOpening, '| Method | Path | What | Parameters |', '|---|---|---|---|']
  for (const [path, methods] of Object.entries(description.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods ?? {})) {
      const name = `\`${method.toUpperCase()}\``
      lines.push(row([name, `\`${path}\``, textOf(operation, 'summary'), parametersOf(operation)]))
    }
  }
  lines.push('')
  return lines.join('\n')
}

function parametersOf(operation: unknown): string {
  const body = at(operation, 'requestBody', 'content', 'application/json', 'schema')
  const required = at(body, 'required')
  const needed = Array.isArray(required) ? required : []
  const fromBody = Object.keys(Object(at(body, 'properties'))).map((name) =>
    needed.includes(name) ? `**${name}**` : name,
  )
  const listed = at(operation, 'parameters')
  const fromQuery = (Array.isArray(listed) ? listed : [])
    .filter((one) => at(one, 'in') === 'query')
    .map((one) => textOf(one, 'name'))
  return [...fromQuery, ...fromBody].join(', ') || '–'
}

function at(node: unknown, ...path: readonly string[]): unknown {
  let here = node
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined
    here = (here as Readonly<Record<string, unknown>>)[key]
  }
  return here
}

function textOf(node: unknown, key: string): string {
  const text = at(node, key)
  return typeof text === 'string' ? text : ''
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
