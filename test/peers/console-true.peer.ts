// What the pages say and do, held against what is: figures against the API, removed callers who stay on the phone, a caller
// taken by a number over a trunk, and a call that is over, whose copied command does once more what it did.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Phone } from '../../src/lab/phone.ts'
import { createLab, type Lab } from '../../src/lab/runner.ts'
import { buildConsole } from '../../tools/build-console.ts'
import { patience } from '../support/patience.ts'
import { agentHz, callerHz, dataOf, startStage, type Json, type Stage } from '../support/stage.ts'
import { until } from '../support/until.ts'
import { describeInBrowser, launchBrowser, type LabBrowser, type Shown } from './browser.ts'

describeInBrowser('what the console says and does', inBrowser)

function inBrowser(): void {
  let browser: LabBrowser
  let outside: Lab
  let carrier: Phone
  let stage: Stage
  before(async () => {
    await buildConsole()
    browser = await launchBrowser()
    outside = createLab('127.0.0.1', patience)
    const voice = { kind: 'tone', hz: agentHz } as const
    carrier = await outside.phone({ user: 'carrier', server: { port: 5060 }, voice })
    const uri = `sip:${carrier.contactUri.split('@').at(-1) ?? ''}`
    // On a machine that is busy with other things it takes a while to hang up.
    const statistics = { short_abandon_secs: 60 }
    stage = await startStage({ config: { statistics, trunks: [{ name: 'carrier', uri }] } })
  })
  after(async () => {
    await browser.close()
    outside.close()
    await stage.close()
  })

  async function signedIn(path: string): Promise<Shown> {
    const shown = await browser.open(`${stage.server.origin}/console${path}`)
    await shown.page.getByLabel('API key').fill(stage.server.apiKey)
    await shown.page.getByRole('button', { name: 'Sign in' }).click()
    await shown.page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor()
    return shown
  }

  const rowOf = (page: Page, id: string) => page.locator(`[data-caller="${id}"]`)
  const chosen = (page: Page, id: string, action: string) =>
    rowOf(page, id)
      .getByRole('button', { name: new RegExp(`^${action}`) })
      .click()
  const confirmed = (page: Page, name: string) =>
    page.getByRole('dialog').getByRole('button', { name, exact: true }).click()

  test('each figure of the wallboard is the one of the API, with the level that it has', async () => {
    const { caller, agent } = await stage.conversation('board')
    const waiting = [await stage.queueUp('board'), await stage.queueUp('board')]
    const quitter = await stage.queueUp('board')
    await stage.event(quitter.id, 'call.enqueued')
    stage.receiver.answerWith(({ payload }) =>
      payload['call_control_id'] === quitter.id ? 500 : 200,
    )
    quitter.call.hangUp()
    await stage.event(quitter.id, 'call.dequeued')
    const { page, complaints } = await signedIn('/')
    const statistics = async (): Promise<Json> =>
      dataOf(await stage.request('GET', '/queue_statistics/board'))
    const cell = page.locator('[data-queue=board]')
    const tile = (name: string) => cell.locator(`[data-tile=${name}]`)
    const reads = async (name: string, pattern: RegExp): Promise<void> =>
      void (await tile(name).filter({ hasText: pattern }).waitFor())

    await reads('waiting', /^Waiting now.*good2/)
    await reads('answered', /1of 4 offered today/)
    await reads('abandoned', /short ones apart: 1/)
    await reads('agents', /good1legs in a conversation/)
    await until(async () => {
      const { speed_of_answer: speed } = await statistics()
      const { average_secs, p50_secs, p90_secs } = speed as Record<string, number>
      assert.ok([average_secs, p50_secs, p90_secs].every((secs) => typeof secs === 'number'))
      const text = (await tile('speed').textContent()) ?? ''
      const shown = [...text.matchAll(/(\d+) s/g)].map(([, secs]) => Number(secs))
      const told = [average_secs, p50_secs, p90_secs].map((secs) => Math.round(Number(secs)))
      return JSON.stringify(shown) === JSON.stringify(told) || undefined
    })
    const level = (await statistics())['service_level'] as Record<string, unknown>
    await reads(
      'service',
      new RegExp(`${Math.round(Number(level['percent']))} %target 80 % in 20 s`),
    )
    const total = page.locator('.total')
    const formula = String(level['formula'])
    assert.ok(((await total.textContent()) ?? '').includes(formula), formula)
    // 500 was the answer to the webhooks of who gave up.
    const owed = total.locator('[data-tile=webhooks]')
    await owed.filter({ hasText: /Webhooks owed.*[1-9]/ }).waitFor()
    // One more, and it is worth a look: by colour, sign and word.
    waiting.push(await stage.queueUp('board'))
    await reads('waiting', /▲needs a look3/)
    assert.equal(await tile('waiting').getAttribute('data-level'), 'warn')
    // The line of the last hour has been drawn, and rises in its last minute.
    const painted = await until(
      () =>
        page.evaluate<number | undefined>(`(() => {
          const canvas = document.querySelector('[data-queue=board] [data-tile=waiting] canvas')
          if (canvas === null || canvas.width === 0) return undefined
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
          return data.filter((value, index) => index % 4 === 3 && value > 0).length || undefined
        })()`),
      20_000,
    )
    assert.ok(painted > 0)
    assert.deepEqual(complaints, [])
    stage.receiver.answerWith(200)
    for (const one of [caller, ...waiting]) one.call.hangUp()
    await stage.event(agent.id, 'call.hangup')
    await page.context().close()
  })

  test('who is removed is out of the queue and still on the phone', async () => {
    const { id, call } = await stage.queueUp('removed')
    const { page, complaints } = await signedIn('/queues/removed')
    await chosen(page, id, 'Remove')
    await confirmed(page, 'Cancel')
    await rowOf(page, id).getByText('waiting').waitFor()
    await chosen(page, id, 'Remove')
    await confirmed(page, 'Remove')
    // It is to be read for 5 s, as every note of success.
    await page.getByText('is out of the queue').waitFor()
    await stage.event(id, 'call.dequeued')
    await page.getByText('Nobody waits here.').waitFor()
    assert.equal(call.state, 'up')
    assert.deepEqual(complaints, [])
    call.hangUp()
    await page.context().close()
  })

  test('a number that takes a caller is called over the trunk, and both talk', async () => {
    const { id, call } = await stage.queueUp('numbers')
    const { page, complaints } = await signedIn('/queues/numbers')
    await chosen(page, id, 'Take')
    await page.getByLabel(/who takes the call/).fill('+15550142')
    await confirmed(page, 'Call')
    const taken = await carrier.nextCall(20_000)
    assert.match(taken.invite.uri, /^sip:\+15550142@/)
    await page.getByText(/\+15550142 talks to caller\d+/).waitFor()
    await stage.event(id, 'call.bridged')
    await Promise.all([call.hears(agentHz, 10_000), taken.hears(callerHz, 10_000)])
    assert.deepEqual(complaints, [])
    call.hangUp()
    await page.context().close()
  })

  test('a call that is over is explained as well, and its copied command runs', async () => {
    const { caller, agent } = await stage.conversation('over')
    const body = { queue_name: `it's "over"`, max_wait_time_secs: 0 }
    const refusal = await stage.refused(caller.id, 'enqueue', body)
    caller.call.hangUp()
    await stage.event(agent.id, 'call.hangup')
    const { page, complaints } = await signedIn(`/calls/${encodeURIComponent(caller.id)}`)
    await page.getByText('ended').first().waitFor()
    for (const lane of ['sip', 'command', 'event', 'webhook', 'media'])
      await page.locator(`[data-lane=${lane}]`).first().waitFor()
    for (const lane of ['Events', 'Webhooks', 'Audio']) await page.getByLabel(lane).uncheck()
    await page.locator('[data-lane=sip]', { hasText: 'BYE' }).first().waitFor()
    const command = page.locator('[data-lane=command]', { hasText: 'enqueue → 422' })
    await command.locator('summary').click()
    await command.getByRole('button', { name: 'Copy as curl' }).click()
    await page.getByText('Copied.').waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    const { origin, apiKey } = stage.server
    const env = { ...process.env, HOLDFAST_URL: origin, HOLDFAST_API_KEY: apiKey }
    const { stdout, stderr } = spawnSync('bash', ['-c', copied], { env, encoding: 'utf8' })
    const again = JSON.parse(stdout) as { errors: { code: string }[] }
    assert.equal(again.errors[0]?.code, refusal.code, stderr)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
}
