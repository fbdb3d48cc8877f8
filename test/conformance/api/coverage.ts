// The page that says which endpoint, parameter, error, event and field is looked at by which checks.
import { allChecks } from './all.ts'
import { mutations } from './mutations.ts'

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

/** docs/reference/conformance.md */
export function conformancePage(): string {
  const byThing = new Map<string, string[]>()
  for (const { name, covers } of allChecks) {
    for (const covered of new Set(covers)) {
      const names = byThing.get(covered) ?? []
      names.push(name)
      byThing.set(covered, names)
    }
  }
  const withCalls = allChecks.filter(({ needs }) => needs === 'calls').length
  const tables = parts.map(({ title, first, has, shown }) => {
    const rows = [...byThing]
      .filter(([covered]) => has(covered))
      .sort(([one], [two]) => (one < two ? -1 : 1))
      .map(([covered, names]) => `| \`${shown(covered)}\` | ${names.length} | ${listed(names)} |`)
    return `## ${title}\n\n| ${first} | Checks | Which |\n| --- | --- | --- |\n${rows.join('\n')}`
  })
  return `# Conformance

This page is generated from the checks in \`test/conformance/api\` by \`npm run docs\`.

\`npm run conformance\` asks a server over HTTP, with robot phones as callers and agents, whether it keeps the API:
${allChecks.length} checks, of which ${withCalls} need calls. Without arguments it starts this server; \`--base-url\` and \`--key\` name any other one, and
the checks that need calls run when \`--connection-id\` and \`--sip\` are given as well (all options: the head of
\`test/conformance/api/run.ts\`). \`--list\` prints each check with the source that it cites: a decision of
[compatibility](compatibility.md), or a page of the vendor. \`--mutate\` puts ${mutations.length} deviations one by one between the server
and the checks, and prints which of them no check notices; it fails below nine in ten.

${tables.join('\n\n')}
`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesAtMost).map((name) => name.replaceAll('|', '\\|'))
  const more = names.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; ${more} more` : ''}`
}
