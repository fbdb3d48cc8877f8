// The console with more than real phones can give within a test: a thousand waiting callers, a thousand queues, a call with
// thousands of lines. Nothing that a page does while it is scrolled and events come may hold up the browser for 50 ms.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { until } from '../support/until.ts'
import { buildConsole } from '../../tools/build-console.ts'
import { startConsoleFixture, type ConsoleFixture } from '../support/console-fixture.ts'
import { describeInBrowser, launchBrowser, type LabBrowser, type Shown } from './browser.ts'

const longestMs = 50

describeInBrowser('a crowd in the console', crowd)

function crowd(): void {
  let browser: LabBrowser
  let fixture: ConsoleFixture
  before(async () => {
    await buildConsole()
    browser = await launchBrowser()
    fixture = await startConsoleFixture({ waiting: 1000, queues: 999, lines: 2900 })
  })
  after(async () => {
    await fixture.close()
    await browser.close()
  })

  /** Opens a page, waits until everything is there, and scrolls while callers come and go. */
  async function scrolled({ page, complaints }: Shown, path: string, sign: string): Promise<void> {
    await page.goto(`${fixture.origin}/console${path}`)
    await page.locator(sign).waitFor()
    for (let step = 0; step < 20; step++) {
      fixture.enqueue()
      fixture.dequeue()
      if (step % 5 === 0) fixture.tellStatistics()
      await page.mouse.wheel(0, step % 2 === 0 ? 4000 : -1500)
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => done()))')
    }
    assert.deepEqual(complaints, [])
  }

  /** Memory and processor shared with others make single tasks longer, never shorter: the best of some rounds counts. */
  async function assertSmooth(
    path: string,
    sign: string,
    look: (shown: Shown) => Promise<void> = async () => undefined,
  ): Promise<void> {
    const longest: number[] = []
    while (longest.length < 5 && !longest.some((ms) => ms <= longestMs)) {
      const shown = await browser.open(`${fixture.origin}/console/queues/nobody`)
      longest.push(await browser.longestTaskMs(shown.page, () => scrolled(shown, path, sign)))
      await look(shown)
      await shown.page.context().close()
    }
    assert.ok(Math.min(...longest) <= longestMs, `${longest.join(', ')} ms`)
  }

  test('a thousand callers in a queue', async () => {
    await assertSmooth('/queues/crowd', '[data-count="1000"]', async ({ page }) => {
      await page.locator('[data-count="1000"]').waitFor()
      const drawn = await page.locator('[data-caller]').count()
      assert.ok(drawn > 10 && drawn < 60, `${drawn} rows are drawn`)
      assert.equal(await page.locator('table').getAttribute('aria-rowcount'), '1001')
    })
  })

  test('of more than are held the page says so, and shows who has moved up', async () => {
    const long = await startConsoleFixture({ waiting: 5200 })
    try {
      const { page, complaints } = await browser.open(`${long.origin}/console/queues/crowd`)
      await page.locator('[data-count="5000"]').waitFor()
      await page.getByText('the first 5000 of 5200 callers').waitFor()
      long.enqueue()
      await page.getByText('the first 5000 of 5201 callers').waitFor()
      for (let gone = 0; gone < 300; gone++) long.dequeue()
      await page.getByText(/^4901 callers$/).waitFor()
      assert.deepEqual(complaints, [])
      await page.context().close()
    } finally {
      await long.close()
    }
  })

  test('who leaves while the list is on its way is not back with it', async () => {
    const { page } = await browser.open(`${fixture.origin}/console/queues/crowd`)
    await page.locator('[data-count="1000"]').waitFor()
    await page.locator('.clock.live').waitFor() // Who does not listen yet hears no greeting.
    const first = page.locator('[data-caller]').first()
    const id = await first.getAttribute('data-caller')
    const row = page.locator(`[data-caller="${id}"]`)
    let isHeld = false
    let rest: Promise<unknown> | undefined
    await page.route('**/v2/queues/crowd/calls?*', async (route) => {
      const response = await route.fetch()
      if (!isHeld) {
        isHeld = true
        fixture.enqueue()
        fixture.dequeue()
        await row.waitFor({ state: 'detached' })
        rest = page.waitForResponse((answer) => answer.url().includes('page[number]=4'))
      }
      await route.fulfill({ response })
    })
    fixture.greet()
    await until(() => rest)
    await page.evaluate('new Promise((done) => setTimeout(() => requestAnimationFrame(done)))')
    assert.equal(await row.count(), 0)
    // Who moved from the second page to the first meanwhile is looked for at once, although somebody came as well.
    await page.locator('[data-count="1000"]').waitFor({ timeout: 15_000 })
    await page.context().close()
  })

  test('a tab that nobody looks at gives its connection back, and is current again when looked at', async () => {
    const { page, complaints } = await browser.open(`${fixture.origin}/console/queues/nobody`)
    await page.clock.install()
    await page.goto(`${fixture.origin}/console/queues/crowd`)
    await page.locator('[data-count="1000"]').waitFor()
    const look = (state: 'visible' | 'hidden') =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
         document.dispatchEvent(new Event('visibilitychange'))`,
      )
    await page.locator('.clock.live').waitFor()
    // Pages of before may still be on their way out.
    const before = 1
    await until(() => (fixture.readers() === before ? true : undefined))
    await look('hidden')
    await page.clock.fastForward(10_000)
    assert.equal(fixture.readers(), before, 'a short look elsewhere costs nothing')
    await page.clock.fastForward(10_000)
    await page.locator('.clock.connecting').waitFor()
    await until(() => (fixture.readers() === 0 ? true : undefined))
    fixture.enqueue()
    await look('visible')
    await page.locator('.clock.live').waitFor()
    await page.locator('[data-count="1001"]').waitFor()
    fixture.dequeue()
    await page.locator('[data-count="1000"]').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('pages of an older server are loaded anew, except under the hands of somebody', async () => {
    const { page } = await browser.open(`${fixture.origin}/console/queues/crowd`)
    await page.locator('[data-count="1000"]').waitFor()
    await page.locator('.clock.live').waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    fixture.greet('newer')
    await page.getByText('The server was updated').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const loaded = page.waitForEvent('load')
    fixture.greet('newest')
    await loaded
    await page.context().close()
  })

  test('a thousand queues on the wallboard', async () => {
    await assertSmooth('/', 'h2:has-text("1000 queues")', async ({ page }) => {
      const drawn = await page.locator('.card .tiles').count()
      assert.ok(drawn > 2 && drawn < 60, `${drawn} queues are drawn`)
      await page.keyboard.press('End')
      await page.getByRole('link', { name: 'queue 999', exact: true }).waitFor()
    })
  })

  test('a call of an hour with thousands of lines', async () => {
    await assertSmooth(`/calls/any`, '.timeline[data-count="2900"]')
  })
}
