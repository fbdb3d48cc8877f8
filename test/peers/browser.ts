// A real browser for the console: the system's Chromium, driven from here. Every page that is opened is watched: an error in
// it, or something that its content security policy forbade, fails the test.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

/** Its path, or undefined where none is installed. */
export function findBrowser(): string | undefined {
  return programs.find((path) => existsSync(path))
}

/** A suite in a browser, one test after the other; where no browser is installed, one skipped test. */
export function describeInBrowser(name: string, suite: () => void): void {
  if (findBrowser() !== undefined) describe(name, { concurrency: 1 }, suite)
  else test(name, { skip: 'chromium is not installed' }, () => undefined)
}

export interface Shown {
  readonly page: Page
  /** What went wrong in the page so far; a test that provokes something takes it out. */
  readonly complaints: string[]
}

export interface OpenOptions {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

export interface LabBrowser {
  /** A window of its own: no cookie of another one. */
  open(url: string, options?: OpenOptions): Promise<Shown>
  /**
   * Processor time of the longest task on the page's main thread while `run` goes on, ms. Time in which the thread had to
   * wait for a processor is not the page's doing.
   */
  longestTaskMs(page: Page, run: () => Promise<void>): Promise<number>
  close(): Promise<void>
}

export async function launchBrowser(): Promise<LabBrowser> {
  // The sandbox needs rights that a container's root does not have; only our own pages are opened.
  const browser: Browser = await chromium.launch({
    executablePath: findBrowser() ?? '',
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--mute-audio'],
  })
  return {
    async open(url, { theme = 'light', width = 1400, height = 900 } = {}) {
      const context = await browser.newContext({
        colorScheme: theme,
        viewport: { width, height },
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      const page = await context.newPage()
      page.setDefaultTimeout(30_000)
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() !== 'error') return
        // Answers that are refusals are told to people; whether they should come is for each test to say.
        if (message.text().startsWith('Failed to load resource')) return
        complaints.push(`console: ${message.text()}`)
      })
      await page.goto(url)
      return { page, complaints }
    },
    async longestTaskMs(page, run) {
      await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
      let trace: Buffer
      try {
        await run()
      } finally {
        trace = await browser.stopTracing()
      }
      return longestTask(trace)
    },
    close: () => browser.close(),
  }
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Thread time, µs. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

function longestTask(trace: Buffer): number {
  const { traceEvents: events } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] } // The browser's own form.
  const threads = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}:${tid}`),
  )
  const tasks = events.filter(
    ({ name, pid, tid }) => name.endsWith('RunTask') && threads.has(`${pid}:${tid}`),
  )
  assert.ok(tasks.length > 100, `${tasks.length} tasks were seen`)
  return tasks.reduce((most, { tdur = 0 }) => Math.max(most, Math.round(tdur / 1000)), 0)
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

/** What axe-core finds wrong with the page as it is now. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource)
  const found = await page.evaluate<readonly Violation[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
  )
}

/** Nothing went wrong, and the page is for everybody. */
export async function assertGoodPage({ page, complaints }: Shown, name: string): Promise<void> {
  assert.deepEqual(await violations(page), [], name)
  assert.deepEqual(complaints, [], name)
  const wider = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  assert.ok(wider <= 0, `${name} is ${wider} px wider than the screen`)
}
