// Listening in a real browser to real calls: the button, the level that moves with what is said, and what is said where
// nobody may listen.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { buildConsole } from '../../tools/build-console.ts'
import { CallListener, listen } from '../support/call-listener.ts'
import { startStage, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import {
  assertGoodPage,
  describeInBrowser,
  launchBrowser,
  type LabBrowser,
  type OpenOptions,
  type Shown,
} from './browser.ts'

describeInBrowser('listening in a browser', inBrowser)

function inBrowser(): void {
  let browser: LabBrowser
  let stage: Stage
  before(async () => {
    await buildConsole()
    browser = await launchBrowser()
    stage = await startStage({
      config: { console: { allow_listen: true }, limits: { listeners: 1 } },
    })
  })
  after(async () => {
    await browser.close()
    await stage.close()
  })

  async function signedIn(at: Stage, path: string, options: OpenOptions = {}): Promise<Shown> {
    const shown = await browser.open(`${at.server.origin}/console${path}`, options)
    const { page } = shown
    await page.getByLabel('API key').fill(at.server.apiKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor()
    return shown
  }

  const bar = (page: Page) => page.getByRole('region', { name: 'Listening' })
  const listenButton = (page: Page, id: string) =>
    page.locator(`[data-caller="${id}"]`).getByRole('button', { name: /^Listen/ })

  /** Waits for a level of at least that, of 100. */
  const shows = (page: Page, least: number): Promise<true> =>
    until(async () => ((await shown(page)) >= least ? true : undefined), 15_000)
  const shown = (page: Page): Promise<number> =>
    page.evaluate<number>("document.querySelector('.listening meter')?.value ?? -1")

  for (const look of [
    { theme: 'dark', width: 1400, height: 900 },
    { theme: 'light', width: 390, height: 844 },
  ] as const) {
    test(`by keys alone: a caller is heard on every page, and no more (${look.theme})`, async () => {
      const { id, call } = await stage.queueUp(`heard-${look.theme}`)
      const window = await signedIn(stage, `/queues/heard-${look.theme}`, look)
      const { page, complaints } = window
      await listenButton(page, id).focus()
      await page.keyboard.press('Enter')
      await bar(page).getByText('Listening to').waitFor()
      // 440 Hz at a quarter of full scale is some -15 dB, of which 60 are shown.
      await shows(page, 50)
      await assertGoodPage(window, `listening ${look.theme}`)
      // Out of the queue and off this page it is still heard.
      await stage.command(id, 'leave_queue')
      await page.getByText('Nobody waits here.').waitFor()
      await page.getByRole('link', { name: 'Calls' }).click()
      await page.getByRole('heading', { name: 'Calls' }).waitFor()
      await shows(page, 50)
      await page.getByRole('button', { name: 'Stop listening' }).click()
      await bar(page).waitFor({ state: 'detached' })
      // From the page of the call, to its end.
      await page.goto(`${stage.server.origin}/console/calls/${encodeURIComponent(id)}`)
      await page.getByRole('button', { name: /^Listen/ }).click()
      await shows(page, 50)
      await page.getByText('listens to the call').first().waitFor()
      call.hangUp()
      await page.getByText('the call that was listened to is over').waitFor()
      await bar(page).waitFor({ state: 'detached' })
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  test('silence shows no level; where there is no room for one more it is told so', async () => {
    const { id, call } = await stage.answered({ voice: { kind: 'silence' } })
    await stage.command(id, 'enqueue', { queue_name: 'silent' })
    const { page } = await signedIn(stage, '/queues/silent')
    await listenButton(page, id).click()
    await bar(page).getByText('Listening to').waitFor()
    const { origin, apiKey } = stage.server
    const headers = { authorization: `Bearer ${apiKey}` }
    const full = await listen(origin, id, headers)
    assert.ok(!(full instanceof CallListener) && full.status === 503)
    assert.equal(await shown(page), 0)
    await page.getByRole('button', { name: 'Stop listening' }).click()
    const other = await until(async () => {
      const opened = await listen(origin, id, headers)
      return opened instanceof CallListener ? opened : undefined
    })
    await listenButton(page, id).click()
    await page.locator('.notices').getByText('limits.listeners').waitFor()
    await bar(page).waitFor({ state: 'detached' })
    call.hangUp()
    assert.equal((await other.end()).code, 1000)
    await page.context().close()
  })

  test('where it is turned off the button can be reached and says why', async () => {
    const off = await startStage()
    try {
      const { id, call } = await off.queueUp('private')
      const window = await signedIn(off, '/queues/private')
      const { page } = window
      const button = listenButton(page, id)
      assert.equal(await button.getAttribute('aria-disabled'), 'true')
      assert.match((await button.getAttribute('title')) ?? '', /console\.allow_listen/)
      await button.focus()
      await page.keyboard.press('Enter')
      await page.locator('.notices').getByText('Listening is turned off on this server').waitFor()
      assert.equal(await bar(page).count(), 0)
      await assertGoodPage(window, 'listening is off')
      call.hangUp()
      await off.event(id, 'call.hangup')
      await page.context().close()
    } finally {
      await off.close()
    }
  })
}
