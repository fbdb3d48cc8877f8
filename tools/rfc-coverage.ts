// Which sections of which RFC the sources and the tests name: docs/reference/rfc-coverage.md. It says where to look, not
// that a section is complete; a deviation is a comment marked DEVIATION with the RFC, the section and the reason.
import { globSync, readFileSync } from 'node:fs'

interface Citation {
  readonly sources: Set<string>
  tested: boolean
}

/** The page, made from the comments and test names below src and test. */
export function rfcCoverage(root: string): string {
  const citations = new Map<string, Citation>()
  const deviations: string[] = []
  for (const file of globSync(['src/**/*.ts', 'test/**/*.ts'], { cwd: root }).sort()) {
    const text = readFileSync(`${root}/${file}`, 'utf8')
    const isTest = file.startsWith('test/') || file.endsWith('.test.ts')
    for (const match of text.matchAll(/RFC (\d{4})(?:,? (?:§|section )(\d+(?:\.\d+)*))?/g)) {
      const key = `${match[1] ?? ''} ${match[2] ?? ''}`
      const citation = citations.get(key) ?? { sources: new Set<string>(), tested: false }
      if (isTest) citation.tested = true
      else citation.sources.add(file)
      citations.set(key, citation)
    }
    for (const match of text.matchAll(
      /DEVIATION (RFC \d{4} §[\d.]+): ([^\n]*(?:\n\s*(?:\/\/|\*) [^\n]*)*)/g,
    )) {
      const reason = (match[2] ?? '').replace(/\n\s*(?:\/\/|\*) /g, ' ').replace(/\.\s.*$/, '.')
      deviations.push(`- ${match[1] ?? ''} (\`${file}\`): ${reason}`)
    }
  }
  const rows = [...citations]
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([key, citation]) => row(key, citation))
  return [
    '# RFC coverage',
    '',
    'Generated from the comments of the sources and the names of the tests (`npm run docs`): where each section is dealt with.',
    '',
    '| RFC | Section | Sources | Named by tests |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## Deviations',
    '',
    ...deviations,
    '',
  ].join('\n')
}

function row(key: string, { sources, tested }: Citation): string {
  const [rfc = '', section = ''] = key.split(' ')
  const files = [...sources].map((file) => `\`${file.replace(/^src\//, '')}\``).join(', ')
  return `| ${rfc} | ${section} | ${files} | ${tested ? 'yes' : ''} |`
}

function compareKeys(a: string, b: string): number {
  const numbers = (key: string): number[] => key.split(/[ .]/).map(Number)
  const left = numbers(a)
  const right = numbers(b)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
