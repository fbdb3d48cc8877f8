// House style as a check: who may import whom, no circles, file length, and words that may not stand in the sources.
// `npm run tidy` prints what is wrong; tools/tidy.test.ts fails on it. Rules: CONTRIBUTING.md.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface Finding {
  readonly file: string
  readonly line: number
  readonly what: string
}

/** Room to the rooms (path prefixes under src/, or a single file) it may import besides itself; `*` is anything. */
const mayImport: readonly (readonly [room: string, allowed: readonly string[]])[] = [
  ['base', []],
  ['ports', ['base']],
  ['sdp', ['base']],
  ['sip/message', ['base']],
  ['sip/transport', ['base', 'ports', 'sip/message']],
  ['sip/transaction', ['base', 'ports', 'sip/message', 'sip/transport']],
  ['sip/dialog', ['base', 'ports', 'sip/message', 'sip/transport', 'sip/transaction']],
  ['sip/auth', ['base', 'ports', 'sip/message']],
  [
    'sip/session',
    ['base', 'ports', 'sip/message', 'sip/transport', 'sip/transaction', 'sip/dialog', 'sip/auth'],
  ],
  ['sip', ['base', 'ports', 'sip']],
  ['media/rtp', ['base']],
  ['media/audio', ['base', 'ports']],
  ['media/library', ['base', 'ports', 'media/audio']],
  ['media/listening', ['base', 'ports', 'media/audio', 'media/embedded']],
  ['media/recording', ['base', 'ports', 'media/audio', 'media/embedded']],
  ['media/speech', ['base', 'ports', 'media/audio']],
  ['media/embedded', ['base', 'ports', 'sdp', 'media/rtp', 'media/audio']],
  ['calls', ['base']],
  ['queues', ['base']],
  ['conferences', ['base']],
  ['engine', ['base', 'ports', 'calls', 'queues', 'conferences']],
  ['trace', ['base', 'ports']],
  ['store/order', ['base', 'ports']],
  ['store/memory', ['base', 'ports', 'store/order']],
  ['store/sqlite', ['base', 'ports', 'store/order']],
  ['drill', ['base', 'ports']],
  ['webhooks', ['base', 'ports']],
  ['statistics', ['base', 'ports']],
  ['config', ['base', 'ports']],
  ['setup', ['base', 'ports', 'config']],
  ['console', ['base', 'ports']],
  ['docs-site', ['base', 'ports']],
  ['api', ['base', 'ports', 'config']],
  ['lab', ['base', 'ports', 'sip', 'sdp', 'media/rtp', 'media/audio', 'platform']],
  ['testing', ['base', 'ports', 'lab', 'platform']],
  [
    'cli',
    [
      ...['base', 'ports', 'platform', 'config', 'lab', 'testing'],
      ...['webhooks', 'sip/message', 'media/audio', 'main.ts'],
    ],
  ],
  ['platform', ['base', 'ports']],
]

/** Node modules that only `platform` (and the composition roots) may touch. */
const platformOnly =
  /^node:(dgram|net|tls|dns|http|https|http2|timers|fs|os|child_process|worker_threads|perf_hooks)(\/|$)/
const builtinUse =
  /(?<![.\w])(setTimeout|setInterval|setImmediate|fetch|structuredClone\.now)\s*\(|\bDate\.now\s*\(|\bnew Date\(\)|\bMath\.random\s*\(|\bperformance\.now\s*\(|\brandomUUID\s*\(|\brandomBytes\s*\(/
const compositionRoot =
  /^src\/(main|[a-z]+-worker|cli\/main|lab\/(runner|server-process)|testing\/(lab|world))\.ts$/
const linesMax = 600

/** The console runs in browsers: it has its own rooms, few packages, and never makes markup out of text. */
const inBrowser = /^web\//
const browserPackages = /^(preact(\/hooks)?|@preact\/signals|uplot(\/dist\/uPlot\.min\.css)?)$/
const markupFromText = /\b(innerHTML|outerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|eval)\b/

/** Every finding in the tree below the working directory. */
export function tidy(): Finding[] {
  const findings: Finding[] = []
  const edges = new Map<string, string[]>()
  for (const file of globSync(['src/**/*.ts', 'web/src/**/*.{ts,tsx}'])
    .map((path) => path.replaceAll('\\', '/'))
    .sort()) {
    const text = readFileSync(file, 'utf8')
    checkLength(file, text, findings)
    checkWords(file, text, findings)
    edges.set(file, checkImports(file, text, findings))
  }
  findings.push(...circles(edges))
  return findings
}

function roomOf(file: string): string | undefined {
  if (inBrowser.test(file)) return undefined
  const inside = file.slice('src/'.length)
  return mayImport.map(([room]) => room).find((room) => inside.startsWith(`${room}/`))
}

function checkLength(file: string, text: string, findings: Finding[]): void {
  const lines = text.split('\n').length
  if (lines > linesMax && !file.endsWith('.test.ts')) {
    findings.push({ file, line: lines, what: `longer than ${linesMax} lines` })
  }
}

function checkWords(file: string, text: string, findings: Finding[]): void {
  const isTest = file.endsWith('.test.ts')
  const isPage = inBrowser.test(file)
  const free = isTest || isPage || file.startsWith('src/platform/') || compositionRoot.test(file)
  text.split('\n').forEach((content, index) => {
    const code = content.replace(/\/\/.*$|^\s*\*.*$/, '')
    if (!free && builtinUse.test(code)) {
      findings.push({
        file,
        line: index + 1,
        what: 'clock, timer or randomness outside src/platform',
      })
    }
    if (isPage && markupFromText.test(code))
      findings.push({ file, line: index + 1, what: 'markup or code made of text' })
    if (/\b(TODO|FIXME|XXX)\b/.test(content))
      findings.push({ file, line: index + 1, what: 'unfinished-work mark' })
    if (/^export default\b/.test(content))
      findings.push({ file, line: index + 1, what: 'default export' })
  })
}

function checkImports(file: string, text: string, findings: Finding[]): string[] {
  const targets: string[] = []
  const isTest = file.endsWith('.test.ts')
  const room = roomOf(file)
  const patterns = [
    /(?:from|import)\s+'([^']+)'/g,
    /import\('([^']+)'\)/g,
    /new URL\('(\.[^']+)', import\.meta\.url\)/g,
  ]
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      const name = match[1] ?? ''
      const line = text.slice(0, match.index).split('\n').length
      if (name.startsWith('.')) {
        const target = normalize(join(dirname(file), name)).replaceAll('\\', '/')
        targets.push(target)
        if (target === '.') continue // The project's folder, not a module.
        if (inBrowser.test(file) && !target.startsWith('web/src/')) {
          findings.push({ file, line, what: `the console may not import ${target}` })
        } else if (!isTest && room !== undefined && !allowed(room, target)) {
          findings.push({ file, line, what: `${room} may not import ${target}` })
        }
      } else if (!isTest && inBrowser.test(file) && !browserPackages.test(name)) {
        findings.push({ file, line, what: `the console may not import ${name}` })
      } else if (!isTest && platformOnly.test(name) && !mayTouch(file)) {
        findings.push({ file, line, what: `${name} outside src/platform` })
      }
    }
  }
  return targets.filter((target) => /^(web\/)?src\//.test(target) && !isTest)
}

function mayTouch(file: string): boolean {
  return file.startsWith('src/platform/') || compositionRoot.test(file)
}

function allowed(room: string, target: string): boolean {
  if (!target.startsWith('src/')) return false
  const inside = target.slice('src/'.length)
  if (inside.startsWith(`${room}/`)) return true
  const rooms = mayImport.find(([name]) => name === room)?.[1] ?? []
  return rooms.some((name) => inside === name || inside.startsWith(`${name}/`))
}

/** Strongly connected groups of files, reported once each at their first file. */
function circles(edges: Map<string, string[]>): Finding[] {
  const findings: Finding[] = []
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  const visit = (file: string): void => {
    state.set(file, 'open')
    path.push(file)
    for (const next of edges.get(file) ?? []) {
      if (state.get(next) === 'open') {
        findings.push({
          file,
          line: 1,
          what: `import circle: ${[...path.slice(path.indexOf(next)), next].join(' > ')}`,
        })
      } else if (!state.has(next) && edges.has(next)) visit(next)
    }
    path.pop()
    state.set(file, 'done')
  }
  for (const file of edges.keys()) if (!state.has(file)) visit(file)
  return findings
}

if (import.meta.main) {
  const findings = tidy()
  for (const { file, line, what } of findings) console.error(`${file}:${line}: ${what}`)
  console.log(findings.length === 0 ? 'tidy: nothing to say' : `tidy: ${findings.length} findings`)
  process.exitCode = findings.length === 0 ? 0 : 1
}
