// The console in a real browser, with real calls behind it: every page in both themes and on a phone, what a supervisor
// does for callers and what the callers notice of it, a server that goes and comes back, and a thousand people in a queue.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { RunningServer } from '../../src/lab/server-process.ts'
import { buildConsole } from '../../tools/build-console.ts'
import { startConsoleFixture } from '../support/console-fixture.ts'
import { freePort } from '../support/free-port.ts'
import { startStage, type Stage } from '../support/stage.ts'
import {
  assertGoodPage,
  findBrowser,
  launchBrowser,
  type LabBrowser,
  type Shown,
} from './browser.ts'

if (findBrowser() === undefined) {
  test('the console in a browser', { skip: 'chromium is not installed' }, () => undefined)
} else {
  describe('the console in a browser', { concurrency: 1 }, inBrowser)
}

function inBrowser(): void {
  let browser: LabBrowser
  let stage: Stage
  before(async () => {
    await buildConsole()
    browser = await launchBrowser()
    // Phones and the browser must find it again after a restart.
    const http = { host: '127.0.0.1', port: await freePort() }
    const sip = { port: await freePort() }
    stage = await startStage({ config: { http, sip } })
  })
  after(async () => {
    await browser.close()
    await stage.close()
  })

  async function signedIn(path: string, options = {}): Promise<Shown> {
    const shown = await browser.open(`${stage.server.origin}/console${path}`, options)
    const { page } = shown
    await page.getByLabel('API key').fill(stage.server.apiKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor()
    return shown
  }

  /** On a machine that is full of other work the first start may take too long. */
  async function startedAgain({ server }: Stage): Promise<RunningServer> {
    for (let tries = 1; ; tries++) {
      try {
        return await server.again()
      } catch (error) {
        if (tries === 3) throw error
      }
    }
  }

  const tile = (page: Page, name: string) => page.locator(`.total [data-tile=${name}] .figure`)
  const rowOf = (page: Page, id: string) => page.locator(`[data-caller="${id}"]`)
  const chosen = (page: Page, id: string, action: string) =>
    rowOf(page, id)
      .getByRole('button', { name: new RegExp(`^${action}`) })
      .click()

  test('a wrong key is told so, a right one is nowhere in the page afterwards', async () => {
    const { page, complaints } = await browser.open(`${stage.server.origin}/console/`)
    await page.getByLabel('API key').fill('KEYwrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('does not know this key').waitFor()
    await page.getByLabel('API key').fill(stage.server.apiKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Wallboard' }).waitFor()
    const kept = await page.evaluate<string>(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, document.body.outerHTML])',
    )
    assert.ok(!kept.includes(stage.server.apiKey))
    assert.deepEqual(complaints, [])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API key').waitFor()
    await page.context().close()
  })

  const looks = [
    { theme: 'dark', width: 1400, height: 900 },
    { theme: 'light', width: 390, height: 844 },
  ] as const

  test('every page says what is going on, in both themes, on a desk and on a phone', async () => {
    const { caller } = await stage.conversation('sales')
    const waiting = await stage.queueUp('support')
    await stage.event(waiting.id, 'call.enqueued')
    const pages = [
      ['/', '[data-queue=support]'],
      ['/queues/support', `[data-caller="${waiting.id}"]`],
      ['/calls', '[data-row]'],
      [`/calls/${encodeURIComponent(caller.id)}`, '[data-lane=sip]'],
      ['/webhooks', '[data-delivery]'],
      ['/setup', 'text=Numbers'],
    ] as const
    for (const look of looks) {
      const shown = await signedIn('/', look)
      const { page } = shown
      for (const [path, sign] of pages) {
        await page.goto(`${stage.server.origin}/console${path}`)
        await page.locator(sign).first().waitFor()
        await assertGoodPage(shown, `${path} ${look.theme}`)
      }
      await page.context().close()
    }
    caller.call.hangUp()
    waiting.call.hangUp()
    await stage.event(waiting.id, 'call.hangup')
  })

  test('the wallboard follows callers as they come and go', async () => {
    const { page, complaints } = await signedIn('/')
    await page.locator('.clock.live').waitFor()
    const board = tile(page, 'waiting')
    await board.getByText('0', { exact: true }).waitFor()
    const one = await stage.queueUp('support')
    await stage.queueUp('support')
    await board.getByText('2', { exact: true }).waitFor()
    // It ticks by itself.
    const first = (await tile(page, 'longest').textContent()) ?? ''
    await page.locator('.total [data-tile=longest] .figure', { hasNotText: first }).waitFor()
    one.call.hangUp()
    await board.getByText('1', { exact: true }).waitFor()
    await page
      .locator('[data-queue=support]')
      .getByRole('button', { name: /target/ })
      .click()
    await page.getByLabel('Percent of calls').fill('95')
    await page.getByLabel('answered within seconds').fill('15')
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await page.locator('[data-queue=support]').getByText('target 95 % in 15 s').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('a caller is moved, taken by an agent, and hung up on; only what was confirmed happens', async () => {
    const moved = await stage.queueUp('front')
    const taken = await stage.queueUp('front')
    const ended = await stage.queueUp('front')
    const { page, complaints } = await signedIn('/queues/front')
    await rowOf(page, ended.id).getByText('% lost').waitFor() // Its sound was looked at.

    await chosen(page, moved.id, 'Move')
    await page.getByLabel('To the end of queue').fill('back')
    await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click()
    await rowOf(page, moved.id).waitFor({ state: 'detached' })
    await stage.event(moved.id, 'call.enqueued', ({ queue }) => queue === 'back')

    const agent = await stage.phone({
      user: 'desk',
      answer: { kind: 'answer', afterMs: 0, before: 'ringing' },
    })
    await chosen(page, taken.id, 'Take')
    await page.getByLabel(/who takes the call/).fill(agent.contactUri)
    await page.getByRole('dialog').getByRole('button', { name: 'Call', exact: true }).click()
    await stage.event(taken.id, 'call.bridged')
    await rowOf(page, taken.id).waitFor({ state: 'detached' })

    await chosen(page, ended.id, 'Hang up')
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    assert.equal(ended.call.end, undefined)
    await chosen(page, ended.id, 'Hang up')
    await page.getByRole('dialog').getByRole('button', { name: 'Hang up' }).click()
    await stage.event(ended.id, 'call.hangup')
    await page.getByText('Nobody waits here.').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('a webhook is opened and sent again; a call opens to the text of its SIP messages', async () => {
    const { page, complaints } = await signedIn('/webhooks')
    const first = page.locator('[data-delivery]').first()
    const id = await first.getAttribute('data-delivery')
    await first.locator('summary').click()
    await first.getByText('Attempt 1').waitFor()
    const again = stage.receiver.deliveries.filter((one) => one.id === id).length
    await first.getByRole('button', { name: 'Send again' }).click()
    await stage.receiver.waitFor(
      (one) =>
        one.id === id && stage.receiver.deliveries.filter((each) => each.id === id).length > again,
    )
    await page.getByRole('link', { name: 'Calls' }).click()
    await page.locator('[data-row] a').first().click()
    const message = page.locator('[data-lane=sip]').first()
    await message.locator('summary').click()
    await message.getByText('SIP/2.0').first().waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download SIP (pcap)' }).click()
    assert.match((await download).suggestedFilename(), /\.pcap$/)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('everything by keys: pages, help and back, rows, and no letter acts while one writes', async () => {
    const { page, complaints } = await signedIn('/')
    await page.getByRole('heading', { name: 'Wallboard' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('c')
    await page.getByRole('heading', { name: 'Calls' }).waitFor()
    await page.locator('[data-row]').first().waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('wsh')
    await page.getByRole('heading', { name: 'Calls' }).waitFor()
    for (let letter = 0; letter < 3; letter++) await page.keyboard.press('Backspace')
    await page.getByRole('heading', { name: 'Calls' }).click()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /Call from/ }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('a read-only link shows everything and offers nothing to do', async () => {
    const waiting = await stage.queueUp('wall')
    const owner = await signedIn('/')
    await owner.page.getByRole('button', { name: 'Share' }).click()
    await owner.page.getByRole('button', { name: 'Make a link' }).click()
    const link = await owner.page.getByLabel('The link').inputValue()
    await owner.page.context().close()
    const { page, complaints } = await browser.open(link)
    await page.getByText('read only').waitFor()
    assert.ok(!page.url().includes('link='))
    await page.locator('[data-queue=wall] h3 a').click()
    await rowOf(page, waiting.id).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Hang up' }).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('when the server dies the page says since when it is stale, and recovers by itself', async () => {
    const waiting = await stage.queueUp('patient')
    const { page } = await signedIn('/queues/patient')
    await rowOf(page, waiting.id).waitFor()
    await page.locator('.clock.live').waitFor()
    page.setDefaultTimeout(90_000)
    await stage.server.kill()
    await page.getByText(/Stale since \d\d:\d\d:\d\d/).waitFor()
    assert.equal(await rowOf(page, waiting.id).count(), 1) // What was known is still there.
    const again = await startedAgain(stage)
    try {
      await page.locator('.clock.live').waitFor()
      await page.locator('.stale').waitFor({ state: 'detached' })
      await rowOf(page, waiting.id).waitFor()
      assert.equal(again.origin, stage.server.origin)
    } finally {
      await page.context().close()
      await again.stop()
    }
  })

  test('a thousand callers: nothing that the page does takes the browser more than 50 ms', async () => {
    const fixture = await startConsoleFixture(1000)
    const path = `${fixture.origin}/console/queues/crowd`
    const crowd = async ({ page, complaints }: Shown): Promise<void> => {
      await page.goto(path)
      await page.locator(`[data-count="${fixture.waiting()}"]`).waitFor()
      for (let step = 0; step < 20; step++) {
        fixture.enqueue()
        fixture.dequeue()
        fixture.tellStatistics()
        await page.mouse.wheel(0, step % 2 === 0 ? 4000 : -1500)
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => done()))')
      }
      await page.locator(`[data-count="${fixture.waiting()}"]`).waitFor()
      const drawn = await page.locator('[data-caller]').count()
      assert.ok(drawn > 10 && drawn < 60, `${drawn} rows are drawn`)
      assert.equal(await page.locator('table').getAttribute('aria-rowcount'), '1001')
      assert.deepEqual(complaints, [])
    }
    try {
      // Memory and processor shared with others make single tasks longer, never shorter: the best of some rounds counts.
      const longest: number[] = []
      while (longest.length < 5 && !longest.some((ms) => ms <= 50)) {
        const shown = await browser.open(`${fixture.origin}/console/`)
        longest.push(await browser.longestTaskMs(shown.page, () => crowd(shown)))
        await shown.page.context().close()
      }
      assert.ok(Math.min(...longest) <= 50, `${longest.join(', ')} ms`)
    } finally {
      await fixture.close()
    }
  })
}
