// Builds the console's pages (web/ → web/dist) when their sources have changed since the last build; `npm start` and
// `npm test` call it, so that nobody has to remember it. A build is made beside the old one and takes its place whole.
// `--if-possible`: a server without pages is a server all the same, so whatever is in the way is told in one line.
// `--serve <origin>`: pages that change while one edits them, with the API of a running server behind them.

import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { InlineConfig } from 'vite'

const project = fileURLToPath(new URL('..', import.meta.url))
const web = join(project, 'web')
const target = join(web, 'dist')
const stampFile = join(target, '.sources')

/** Below it a browser loads a file sooner than it unpacks it. */
const zipBytesMin = 1024

/** The bundler's settings; there is no file of them, so that they are checked like all other code. */
function settings(outDir: string): InlineConfig {
  return {
    configFile: false,
    root: web,
    base: '/console/',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: ['chrome123', 'firefox121', 'safari17.5'],
      // Files within files would be `data:` URLs, which the content security policy forbids.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  }
}

/** What the pages are made of, and with what: the same text means the same pages. */
function sourcesOf(): string {
  const files = globSync('{index.html,public/**/*,src/**/*}', { cwd: web, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  const made = [fileURLToPath(import.meta.url), join(project, 'package-lock.json')]
  for (const file of [...files.sort(), ...made]) {
    hash.update(file.slice(project.length)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

function builtFrom(): string | undefined {
  try {
    return readFileSync(stampFile, 'utf8')
  } catch {
    return undefined
  }
}

/** Resolves to what happened, in a word; rejects when the sources do not build or the bundler is missing. */
export async function buildConsole(): Promise<'built' | 'up to date'> {
  const sources = sourcesOf()
  if (builtFrom() === sources) return 'up to date'
  const { build } = await import('vite')
  const draft = join(web, `.dist-${process.pid}`)
  try {
    await build(settings(draft))
    for (const name of globSync('**/*.{js,css,html,svg}', { cwd: draft })) {
      const bytes = readFileSync(join(draft, name))
      if (bytes.length >= zipBytesMin) writeFileSync(join(draft, `${name}.gz`), gzipSync(bytes))
    }
    writeFileSync(join(draft, '.sources'), sources)
    mkdirSync(target, { recursive: true })
    rmSync(target, { recursive: true, force: true })
    renameSync(draft, target)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return 'built'
}

async function serve(origin: string): Promise<void> {
  const { createServer } = await import('vite')
  const proxy = { '/v2': { target: origin, changeOrigin: false, ws: true } }
  const server = await createServer({ ...settings(target), logLevel: 'info', server: { proxy } })
  await server.listen()
  server.printUrls()
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (/Cannot find (package|module) '(vite|preact|@preact)/.test(text)) {
    return 'the development dependencies are not installed ("npm ci" without --omit=dev brings them)'
  }
  return text
}

if (import.meta.main) {
  const origin = process.argv[process.argv.indexOf('--serve') + 1]
  try {
    if (process.argv.includes('--serve')) await serve(origin ?? 'http://127.0.0.1:8080')
    else if ((await buildConsole()) === 'built') console.log('the pages of the console are built')
  } catch (error) {
    console.error(`the pages of the console are not built: ${reasonOf(error)}`)
    process.exitCode = process.argv.includes('--if-possible') ? 0 : 1
  }
}
