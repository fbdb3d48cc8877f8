// The console in a real browser, with real calls behind it: every page in both themes, on a wall and on a phone, what a
// supervisor does for callers and what the callers notice of it, callers who are gone meanwhile, and a server that goes and
// comes back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { RunningServer } from '../../src/lab/server-process.ts'
import { buildConsole } from '../../tools/build-console.ts'
import { startConsoleScene, type ConsoleScene } from '../support/console-scene.ts'
import { freePort } from '../support/free-port.ts'
import type { Stage } from '../support/stage.ts'
import {
  assertGoodPage,
  describeInBrowser,
  launchBrowser,
  violations,
  type LabBrowser,
  type Shown,
} from './browser.ts'

describeInBrowser('the console in a browser', inBrowser)

function inBrowser(): void {
  let browser: LabBrowser
  let scene: ConsoleScene
  let stage: Stage
  before(async () => {
    await buildConsole()
    browser = await launchBrowser()
    // Phones and the browser must find it again after a restart.
    scene = await startConsoleScene(await freePort(), await freePort())
    stage = scene.stage
  })
  after(async () => {
    await browser.close()
    await scene.close()
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
  const dialogOf = (page: Page) => page.getByRole('dialog')
  const chosen = (page: Page, id: string, action: string) =>
    rowOf(page, id)
      .getByRole('button', { name: new RegExp(`^${action}`) })
      .click()

  test('a wrong key is told so, a right one is nowhere in the page afterwards', async () => {
    const { page, complaints } = await browser.open(`${stage.server.origin}/console/`)
    assert.deepEqual(await violations(page), [])
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
    { theme: 'dark', width: 1920, height: 1080 },
    { theme: 'light', width: 390, height: 844 },
  ] as const

  test('every page says what is going on, for everybody, from a wall to a phone', async () => {
    const pages = [
      ['/', '[data-queue=support] .figure'],
      ['/queues/support', `[data-caller="${scene.waiting[0]?.id ?? ''}"]`],
      ['/calls', '[data-row]'],
      [`/calls/${encodeURIComponent(scene.talking.id)}`, '[data-lane=sip]'],
      ['/webhooks', '[data-delivery]'],
      ['/setup', 'text=Trunk backup: It has not answered'],
    ] as const
    for (const look of looks) {
      const shown = await signedIn('/', look)
      const { page } = shown
      for (const [path, sign] of pages) {
        await page.goto(`${stage.server.origin}/console${path}`)
        await page.locator(sign).first().waitFor()
        await assertGoodPage(shown, `${path} ${look.theme} ${look.width}`)
      }
      await page.context().close()
    }
  })

  test('the set-up says in words what is wrong, and sees by itself when it is not any more', async () => {
    const { page, complaints } = await signedIn('/setup')
    const wrong = page.getByRole('region', { name: 'What is wrong' })
    await wrong.getByText('Application night service: It has no URL for webhooks').waitFor()
    await wrong.getByText('1 SIP user of 2 without a phone.').waitFor()
    const bob = await stage.phone({ user: 'bob', domain: 'example.org', password: 'bob-secret' })
    await bob.register()
    await wrong.getByText('without a phone').waitFor({ state: 'detached' })
    await bob.unregister()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('the wallboard follows callers as they come and go', async () => {
    const { page, complaints } = await signedIn('/')
    await page.locator('.clock.live').waitFor()
    const board = tile(page, 'waiting')
    const before = Number(await board.textContent())
    const one = await stage.queueUp('support')
    await board.getByText(String(before + 1), { exact: true }).waitFor()
    // It ticks by itself.
    const first = (await tile(page, 'longest').textContent()) ?? ''
    await page.locator('.total [data-tile=longest] .figure', { hasNotText: first }).waitFor()
    one.call.hangUp()
    await board.getByText(String(before), { exact: true }).waitFor()
    // Somebody has waited too long there: with the worst first it is the first, and stays so.
    await page.getByLabel('Order').selectOption('worst')
    await page.locator('[data-queue]').first().getByRole('link', { name: 'support' }).waitFor()
    await page.getByLabel('Search queues').fill('support')
    const support = page.locator('[data-queue=support]')
    await support.locator('[data-tile=abandoned]').getByText('short ones apart: 1').waitFor()
    await support.getByRole('button', { name: /target/ }).click()
    await dialogOf(page).getByText('Service level: answered within').waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByLabel('Percent of calls').fill('95')
    await page.getByLabel('answered within seconds').fill('15')
    await stage.queueUp('support') // New figures do not take back what was written.
    await board.getByText(String(before + 1), { exact: true }).waitFor()
    assert.equal(await page.getByLabel('Percent of calls').inputValue(), '95')
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await support.getByText('target 95 % in 15 s').waitFor()
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
    assert.deepEqual(await violations(page), [])
    await page.getByLabel('To the end of queue').fill('back')
    await dialogOf(page).getByRole('button', { name: 'Move' }).click()
    await rowOf(page, moved.id).waitFor({ state: 'detached' })
    await stage.event(moved.id, 'call.enqueued', ({ queue }) => queue === 'back')

    // An agent who is busy first: the caller stays, and one is told. It rings until what is to be seen meanwhile was seen.
    scene.agent.answerPolicy = { kind: 'manual' }
    const take = async (): Promise<void> => {
      await chosen(page, taken.id, 'Take')
      await page.getByLabel(/who takes the call/).fill('alice')
      await dialogOf(page).getByRole('button', { name: 'Call', exact: true }).click()
    }
    await take()
    await rowOf(page, taken.id).getByText('alice is called').waitFor()
    const ringing = await scene.agent.nextCall(10_000)
    await chosen(page, taken.id, 'Take')
    await dialogOf(page).getByText('alice is being called for').waitFor()
    await page.keyboard.press('Escape')
    ringing.reject(486)
    await page.getByText(/alice did not take caller\d+: user busy/).waitFor()
    await rowOf(page, taken.id).getByText('waiting').waitFor()
    scene.agent.answerPolicy = { kind: 'answer', afterMs: 0, before: 'ringing' }
    await take()
    // It is to be read for 5 s.
    await page.getByText(/alice talks to caller\d+/).waitFor()
    await stage.event(taken.id, 'call.bridged')
    await rowOf(page, taken.id).waitFor({ state: 'detached' })

    await chosen(page, ended.id, 'Hang up')
    await dialogOf(page).getByRole('button', { name: 'Cancel' }).click()
    assert.equal(ended.call.end, undefined)
    await chosen(page, ended.id, 'Hang up')
    await dialogOf(page).getByRole('button', { name: 'Hang up' }).click()
    await stage.event(ended.id, 'call.hangup')
    await page.getByText('Nobody waits here.').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  const races = [
    ['Take', /who takes the call/, 'alice', 'Call'],
    ['Move', 'To the end of queue', 'back', 'Move'],
    ['Remove', undefined, '', 'Remove'],
    ['Hang up', undefined, '', 'Hang up'],
  ] as const

  test('a caller who hangs up while one decides: it is said in words, whatever one wanted to do', async () => {
    const called = callsToAlice()
    const { page, complaints } = await signedIn('/queues/race')
    for (const [action, label, text, button] of races) {
      const caller = await stage.queueUp('race')
      await chosen(page, caller.id, action)
      if (label !== undefined) await page.getByLabel(label).fill(text)
      assert.deepEqual(await violations(page), [])
      caller.call.hangUp()
      await dialogOf(page).getByText('does not wait here any more').waitFor()
      await rowOf(page, caller.id).waitFor({ state: 'detached' })
      await dialogOf(page).getByRole('button', { name: button, exact: true }).click()
      // What the server says to it: in the dialog where there is something to correct, else as a note.
      const said = page.locator('dialog .trouble + .trouble, .notice.bad')
      await said.first().waitFor()
      assert.match((await said.first().textContent()) ?? '', /[a-z]+ [a-z]+/, action)
      if (label !== undefined) await page.keyboard.press('Escape')
      await dialogOf(page).waitFor({ state: 'detached' })
      // All that are there at this moment: each goes by itself, too.
      await page.evaluate(
        "document.querySelectorAll('.notice.bad button').forEach((close) => close.click())",
      )
      await page.locator('.notice.bad').first().waitFor({ state: 'detached' })
    }
    await page.getByText('Nobody waits here.').waitFor()
    assert.equal(callsToAlice(), called, 'nobody is called')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  const callsToAlice = (): number =>
    stage.receiver.deliveries.filter(
      ({ type, payload }) => type === 'call.initiated' && String(payload['to']).includes('alice'),
    ).length

  test('webhooks are found by leg, type and status, opened, and sent again', async () => {
    const { page, complaints } = await signedIn('/webhooks')
    const list = page.locator('[data-delivery]')
    await list.first().waitFor()
    await page.getByLabel(/^Leg, number/).fill(scene.talking.id)
    await page.getByLabel(/^Leg, number/).press('Enter')
    await page.getByLabel('Type').fill('call.bridged')
    await page.getByLabel('Type').press('Enter')
    await page.getByText(/^1 delivery$/).waitFor()
    await page.getByLabel('Status').selectOption('failed')
    await page.getByText('No webhook was found.').waitFor()
    await page.getByLabel('Status').selectOption('delivered')
    const first = list.first()
    await first.waitFor()
    const id = await first.getAttribute('data-delivery')
    await first.locator('summary').click()
    await first.getByText('Attempt 1').waitFor()
    assert.deepEqual(await violations(page), [])
    const again = stage.receiver.deliveries.filter((one) => one.id === id).length
    await first.getByRole('button', { name: 'Send again' }).click()
    await stage.receiver.waitFor(
      (one) =>
        one.id === id && stage.receiver.deliveries.filter((each) => each.id === id).length > again,
    )
    // It sees the attempt by itself; the newest is the first.
    await first.locator('h3').first().getByText('Attempt 2').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('a call opens to the text of its messages; commands are copied as curl; files are downloaded', async () => {
    const { page, complaints } = await signedIn(`/calls/${encodeURIComponent(scene.talking.id)}`)
    const message = page.locator('[data-lane=sip]').first()
    await message.locator('summary').click()
    await message.getByText('INVITE sip:').last().waitFor()
    // Beside each other: audio is right of events, commands right of SIP.
    const leftOf = async (lane: string): Promise<number> =>
      (await page.locator(`[data-lane=${lane}] .said`).last().boundingBox())?.x ?? 0
    const lefts = [await leftOf('sip'), await leftOf('command'), await leftOf('event')]
    assert.deepEqual(
      lefts.toSorted((a, b) => a - b),
      lefts,
    )
    for (const lane of ['SIP', 'Events', 'Webhooks']) await page.getByLabel(lane).uncheck()
    await page.locator('[data-lane=sip]').first().waitFor({ state: 'detached' })
    await page
      .getByText(/level -\d+ dBov in/)
      .first()
      .waitFor()
    // It grows while the call lasts.
    await page.getByLabel('Audio').uncheck()
    await stage.command(scene.talking.id, 'client_state_update', { client_state: 'bGl2ZQ==' })
    await page.locator('[data-lane=command]', { hasText: 'client_state_update → 200' }).waitFor()
    const command = page.locator('[data-lane=command]', { hasText: 'enqueue → 422' })
    await command.locator('summary').click()
    await command.getByRole('button', { name: 'Copy as curl' }).click()
    await page.getByText('Copied.').waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    assert.match(copied, /^curl -X POST "\$HOLDFAST_URL"'\/v2\/calls\/.*enqueue' /)
    for (const [name, form] of [
      ['Download SIP (pcap)', /\.pcap$/],
      ['Download all', /\.json$/],
    ] as const) {
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name }).click()
      assert.match((await download).suggestedFilename(), form)
    }
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('everything by keys: pages, help and back, rows, an action, and no letter acts while one writes', async () => {
    const caller = await stage.queueUp('keys')
    const { page, complaints } = await signedIn('/')
    await page.getByRole('heading', { name: 'Wallboard' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.keyboard.press('Escape')
    await dialogOf(page).waitFor({ state: 'detached' })
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

    await page.goto(`${stage.server.origin}/console/queues/keys`)
    await rowOf(page, caller.id).waitFor()
    await page.keyboard.press('j')
    const focused = () => page.evaluate<string>('document.activeElement.textContent')
    for (let tabs = 0; tabs < 6 && !(await focused()).startsWith('Hang up'); tabs++)
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await dialogOf(page).waitFor()
    assert.equal(await focused(), 'Cancel', 'the way out has the focus')
    assert.deepEqual(await violations(page), [])
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await stage.event(caller.id, 'call.hangup')
    await page.getByText('Nobody waits here.').waitFor()
    assert.match(await focused(), /^Queue keys/, 'the row is gone; one is not lost')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  test('a read-only link shows everything, offers nothing to do, and the server would refuse it', async () => {
    const waiting = scene.waiting[0]?.id ?? ''
    const owner = await signedIn('/')
    await owner.page.getByRole('button', { name: 'Share' }).click()
    await owner.page.getByRole('button', { name: 'Make a link' }).click()
    const link = await owner.page.getByLabel('The link').inputValue()
    assert.deepEqual(await violations(owner.page), [])
    await owner.page.context().close()
    const { page, complaints } = await browser.open(link)
    await page.getByText('read only').waitFor()
    assert.ok(!page.url().includes('link='))
    await page.getByLabel('Search queues').fill('support')
    await page.locator('[data-queue=support] h3 a').click()
    await rowOf(page, waiting).waitFor()
    assert.deepEqual(await page.locator('main button').allTextContents(), [])
    const refused = await page.evaluate<number>(
      `fetch('/v2/calls/${waiting}/actions/hangup', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', 'x-holdfast-console': '1' } }).then(({ status }) => status)`,
    )
    assert.equal(refused, 403)
    for (const path of ['setup', 'webhooks']) {
      await page.goto(`${stage.server.origin}/console/${path}`)
      await page.locator('[data-row]').first().waitFor()
      const offered = await page.locator('main button').allTextContents()
      assert.deepEqual(
        offered.filter((name) => !['Load anew', 'Newer', 'Older'].includes(name)),
        [],
      )
    }
    assert.deepEqual(complaints, [])
    await page.context().close()
    for (const wrong of ['#link=nonsense', '#link=%E0%A4%A']) {
      const stranger = await browser.open(`${stage.server.origin}/console/${wrong}`)
      await stranger.page.getByText('The link is not valid').waitFor()
      await stranger.page.context().close()
    }
  })

  test('when the server dies the page says since when it is stale, stands still, and recovers by itself', async () => {
    const waiting = scene.waiting[0]?.id ?? ''
    const { page } = await signedIn('/queues/support')
    await rowOf(page, waiting).waitFor()
    await page.locator('.clock.live').waitFor()
    page.setDefaultTimeout(90_000)
    await stage.server.kill()
    await page.getByText(/Stale since \d\d:\d\d:\d\d/).waitFor()
    assert.equal(await rowOf(page, waiting).count(), 1) // What was known is still there.
    const wait = () => rowOf(page, waiting).locator('.waits').textContent()
    const stood = await wait()
    const clock = await page.locator('.clock time').textContent()
    await page.locator('.clock time', { hasNotText: clock ?? '' }).waitFor()
    assert.equal(await wait(), stood, 'nobody knows how long they wait now')
    assert.deepEqual(await violations(page), [])
    // A proxy that answers for a server that is away does not sign anybody out.
    await page.route('**/v2/**', (route) => route.fulfill({ status: 502, body: 'Bad gateway' }))
    await page.getByText('The server answered 502.').waitFor()
    await page.unroute('**/v2/**')
    const again = await startedAgain(stage)
    try {
      await page.locator('.clock.live').waitFor()
      await page.locator('div.stale').waitFor({ state: 'detached' })
      await rowOf(page, waiting).waitFor()
      await page
        .locator('.waits', { hasNotText: stood ?? '' })
        .first()
        .waitFor()
      assert.equal(again.origin, stage.server.origin)
    } finally {
      await page.context().close()
      await again.stop()
    }
  })
}
