// The page that says which endpoint, parameter, error, event and field is looked at by which checks, and which by none.
import type { ApiDescription } from '../../../src/api/reference.ts'
import { allChecks } from './all.ts'
import type { Check } from './check.ts'
import { everything, withWholes } from './inventory.ts'
import { mutations } from './mutations.ts'
import { reasonOf } from './not-covered.ts'
import { parameterChecks } from './suites/parameters.ts'

interface Part {
  readonly title: string
  readonly first: string
  readonly has: (covered: string) => boolean
  /** How a covered thing is written in the table. */
  readonly shown: (covered: string) => string
}

const isEndpoint = /^(GET|POST|PUT|PATCH|DELETE) /
const withoutPrefix = (covered: string): string => covered.slice(covered.indexOf(' ') + 1)

const parts: readonly Part[] = [
  {
    title: 'Endpoints and their parameters',
    first: 'Endpoint, `#` parameter',
    has: (covered) => isEndpoint.test(covered),
    shown: (covered) => covered,
  },
  {
    title: 'Errors',
    first: 'HTTP status and code',
    has: (covered) => covered.startsWith('code '),
    shown: withoutPrefix,
  },
  {
    title: 'Webhooks and their fields',
    first: 'Event, `#` field',
    has: (covered) => covered.startsWith('event '),
    shown: withoutPrefix,
  },
  {
    title: 'Objects and their fields',
    first: 'Object, `#` field',
    has: (covered) => covered.startsWith('object '),
    shown: withoutPrefix,
  },
  {
    title: 'Rules',
    first: 'Rule',
    has: (covered) => covered.startsWith('rule '),
    shown: withoutPrefix,
  },
]

const namesAtMost = 2

/** Everything that checks cover, with the checks that do. */
function coverage(): ReadonlyMap<string, readonly Check[]> {
  const byThing = new Map<string, Check[]>()
  for (const check of allChecks) {
    for (const covered of new Set(check.covers.flatMap(withWholes))) {
      const checks = byThing.get(covered) ?? []
      checks.push(check)
      byThing.set(covered, checks)
    }
  }
  return byThing
}

/** What there is and no check covers. */
export function uncovered(description: ApiDescription): readonly string[] {
  const covered = coverage()
  return everything(description).filter((one) => !covered.has(one))
}

/** Parameters of which it is only looked at that right values are taken and wrong ones refused. */
function withoutEffect(): readonly string[] {
  const drawn = new Set(parameterChecks)
  return [...coverage()]
    .filter(([covered]) => isEndpoint.test(covered) && /^[^=]*#[^=]*$/.test(covered))
    .filter(([, checks]) => checks.every((check) => drawn.has(check)))
    .map(([covered]) => covered)
    .sort()
}

const inLine = (name: string): string => `\`${name}\``

function lackTables(description: ApiDescription): string {
  const byReason = new Map<string, string[]>()
  for (const one of uncovered(description)) {
    const why = reasonOf(one) ?? 'Forgotten.'
    byReason.set(why, [...(byReason.get(why) ?? []), one])
  }
  const rows = [...byReason].map(([why, all]) => `| ${why} | ${all.map(inLine).join(', ')} |`)
  const byEndpoint = new Map<string, string[]>()
  for (const parameter of withoutEffect()) {
    const [endpoint = '', name = ''] = parameter.split('#')
    byEndpoint.set(endpoint, [...(byEndpoint.get(endpoint) ?? []), name])
  }
  const taken = [...byEndpoint].map(
    ([endpoint, names]) => `| \`${endpoint}\` | ${names.map(inLine).join(', ')} |`,
  )
  return `## Not covered

| Why | What |
| --- | --- |
${rows.join('\n')}

## Covered by value only

Of these parameters the suite knows that right values are taken and wrong ones refused; what they do is a matter of other tests, or
nothing.

| Endpoint | Parameters |
| --- | --- |
${taken.join('\n')}`
}

/** docs/reference/conformance.md */
export function conformancePage(description: ApiDescription): string {
  const withCalls = allChecks.filter(({ needs }) => needs === 'calls').length
  const tables = parts.map(({ title, first, has, shown }) => {
    const rows = [...coverage()]
      .filter(([covered]) => has(covered))
      .sort(([one], [two]) => (one < two ? -1 : 1))
      .map(
        ([covered, checks]) =>
          `| \`${shown(covered)}\` | ${checks.length} | ${listed(checks.map(({ name }) => name))} |`,
      )
    return `## ${title}\n\n| ${first} | Checks | Which |\n| --- | --- | --- |\n${rows.join('\n')}`
  })
  return `# Conformance

This page is generated from the checks in \`test/conformance/api\` by \`npm run docs\`.

\`npm run conformance\` asks a server over HTTP, with robot phones as callers and agents, whether it keeps the API:
${allChecks.length} checks, of which ${withCalls} need calls and ${parameterChecks.length} are drawn from a table of parameters. Without arguments it starts this server; \`--base-url\` and \`--key\` name any other one, and
the checks that need calls run when \`--connection-id\` and \`--sip\` are given as well (all options: the head of
\`test/conformance/api/run.ts\`). \`--list\` prints each check with the source that it cites: a decision of
[compatibility](compatibility.md), or a page of the vendor. \`--mutate\` puts ${mutations.length} deviations one by one between the server
and the checks, and prints which of them no check notices; it fails below nine in ten.

${lackTables(description)}

${tables.join('\n\n')}
`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesAtMost).map((name) => name.replaceAll('|', '\\|'))
  const more = names.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; ${more} more` : ''}`
}
