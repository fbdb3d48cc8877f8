// What the documentation names is there: pages and headings that links lead to, endpoints, configuration keys and whole
// configurations, npm scripts, metrics, error codes and files.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { catalogue } from '../src/api/errors.ts'
import { testApi } from '../src/api/testing.ts'
import { loadConfig } from '../src/config/load.ts'
import { configurationReference } from '../src/config/reference.ts'
import { slugOf } from '../src/docs-site/render.ts'
import { metricTable } from '../src/platform/metric-table.ts'

/** Those that are written by hand; of the generated ones the generator knows what it names. */
const generated =
  /^docs\/reference\/(api|configuration|errors|events|metrics|cli|conformance|rfc-coverage)\.md$/
const pages = [...globSync('docs/**/*.md'), ...globSync('examples/**/README.md'), 'README.md']
  .map((path) => path.replaceAll('\\', '/'))
  .sort()
const written = pages.filter((path) => !generated.test(path) && !path.startsWith('docs/adr/'))
/** Pages for people who run a server; others name fields of messages and of programs in the same form. */
const advice = written.filter((path) => /^(docs\/(guides|tutorial)\/|README)/.test(path))
const textOf = (path: string): string => readFileSync(path, 'utf8')

/** Every match of a pattern in the pages, as `page: what`. */
function findAll(
  pattern: RegExp,
  from: readonly string[] = written,
): [page: string, what: string][] {
  return from.flatMap((page) =>
    [...textOf(page).matchAll(pattern)].map((match): [string, string] => [page, match[1] ?? '']),
  )
}

function wrong(found: [string, string][], isRight: (what: string) => boolean): string[] {
  return found.filter(([, what]) => !isRight(what)).map(([page, what]) => `${page}: ${what}`)
}

test('links lead to files and headings that are there', () => {
  const missing: string[] = []
  for (const [page, href] of findAll(/\]\(([^)\s]+)\)/g, pages)) {
    if (/^(https?:|mailto:)/.test(href)) continue
    const [path = '', fragment] = href.split('#', 2)
    const target = path === '' ? page : normalize(join(dirname(page), path))
    if (!existsSync(target)) missing.push(`${page}: ${href}`)
    else if (fragment !== undefined && target.endsWith('.md')) {
      const headings = [...textOf(target).matchAll(/^#+ (.+)$/gm)]
      const slugs = headings.map((match) => slugOf((match[1] ?? '').replaceAll('`', '')))
      if (!slugs.includes(fragment)) missing.push(`${page}: ${href}`)
    }
  }
  assert.deepEqual(missing, [])
})

// Also the beginning of a path: what follows may be a word of the text.
test('endpoints are those of the API description', async () => {
  const { api } = testApi()
  await api.ready()
  const templates = Object.keys(api.swagger().paths ?? {}).map((path) => path.split('/'))
  await api.close()
  const isKnown = (path: string): boolean => {
    const parts = path
      .replace(/\$\{[^}]*\}/g, 'any')
      .replace(/[?#].*$/, '')
      .split('/')
    return templates.some(
      (template) =>
        template.length >= parts.length &&
        parts.every((part, index) => template[index]?.startsWith('{') || part === template[index]),
    )
  }
  const found = findAll(/(?<![\w.])(?:https?:\/\/[\w.:]+|\$v2)?(\/v2\/[^\s`"'),|;\\<…]+)/g)
  assert.ok(found.length > 20)
  assert.deepEqual(wrong(found, isKnown), [])
})

test('configuration keys are there, and whole configurations are taken', () => {
  const keys = new Set(
    [...configurationReference().matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? ''),
  )
  const sections = new Set(
    [...keys].filter((key) => key.includes('.')).map((key) => key.split('.')[0]),
  )
  const found = findAll(/`([a-z_]+(?:\[\])?\.[a-z_]+)(?:: [^`]*)?`/g, advice).filter(
    ([, key]) => sections.has(key.split('.')[0]) && !/\.(ts|db|env)$/.test(key),
  )
  assert.ok(found.length > 20)
  assert.deepEqual(
    wrong(found, (key) => keys.has(key)),
    [],
  )
  for (const [page, text] of findAll(/^```yaml\n([\s\S]*?)^```/gm)) {
    const load = () =>
      loadConfig({
        env: { HOLDFAST_CONFIG: 'page.yaml' },
        workingFolder: '/',
        readText: () => text,
        resolvePath: (...parts: readonly string[]) => parts.join('/'),
        folderOf: () => '/',
        isAddressRange: (range) => /^[\d.:a-f]+(\/\d+)?$/.test(range),
      })
    assert.doesNotThrow(load, `${page}: ${text}`)
  }
})

test('npm scripts, metrics, error codes and files are there', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
  assert.deepEqual(
    wrong(findAll(/\bnpm run (?:--?\w+ )*([\w:-]+)/g), (name) => name in scripts),
    [],
  )
  const metrics = new Set(metricTable.map(({ name }) => name))
  const isMetric = (name: string): boolean => metrics.has(name) || name === 'holdfast_session'
  assert.deepEqual(wrong(findAll(/`(holdfast_[a-z_]+)/g), isMetric), [])
  const codes = new Set(Object.values(catalogue).map(({ code }) => code))
  assert.deepEqual(
    wrong(findAll(/\bcode (\d{5})\b/g), (code) => codes.has(code)),
    [],
  )
  const files = findAll(/`((?:examples|src|docs|test|tools|bench|fuzz)\/[\w./-]+)`/g)
  assert.deepEqual(
    wrong(files, (file) => existsSync(file)),
    [],
  )
})
