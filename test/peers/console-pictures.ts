// Takes the pictures of the console that the documentation shows, with real calls behind them:
//
//   node test/peers/console-pictures.ts [folder]
//
// Whoever changes the pages runs it and looks at what comes out.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { buildConsole } from '../../tools/build-console.ts'
import { startConsoleScene, type ConsoleScene } from '../support/console-scene.ts'
import { freePort } from '../support/free-port.ts'
import { launchBrowser, type LabBrowser } from './browser.ts'
import { smallPicture } from './small-picture.ts'

const folder = process.argv[2] ?? 'docs/images'
/** Quality of the callers, states of the trunks. */
const settleMs = 2500

type View = readonly [name: string, path: string, sign: string]

function viewsOf({ talking }: ConsoleScene): readonly View[] {
  return [
    ['wallboard', '/', '[data-queue=support] .figure'],
    ['queue', '/queues/support', '[data-caller]'],
    ['calls', '/calls', '[data-row]'],
    ['call', `/calls/${encodeURIComponent(talking.id)}`, '[data-lane=sip]'],
    ['webhooks', '/webhooks', '[data-delivery]'],
    ['setup', '/setup', 'text=Trunk backup: It has not answered'],
  ]
}

const looks = [
  { name: 'dark', theme: 'dark', width: 1280, height: 800, only: undefined },
  { name: 'light', theme: 'light', width: 1280, height: 800, only: undefined },
  { name: 'wall', theme: 'dark', width: 1920, height: 1080, only: ['wallboard'] },
  { name: 'phone', theme: 'light', width: 390, height: 844, only: ['wallboard', 'queue', 'call'] },
] as const

async function take(page: Page, name: string): Promise<void> {
  writeFileSync(join(folder, `console-${name}.png`), await smallPicture(page))
}

async function signIn(page: Page, apiKey: string): Promise<void> {
  await page.getByLabel('API key').fill(apiKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor()
}

async function takeLook(browser: LabBrowser, scene: ConsoleScene, look: (typeof looks)[number]) {
  const { server } = scene.stage
  const only: readonly string[] | undefined = look.only
  const { page, complaints } = await browser.open(`${server.origin}/console/`, look)
  if (only === undefined) await take(page, `sign-in-${look.name}`)
  await signIn(page, server.apiKey)
  for (const [name, path, sign] of viewsOf(scene)) {
    if (only?.includes(name) === false) continue
    await page.goto(`${server.origin}/console${path}`)
    await page.locator(sign).first().waitFor()
    await page.waitForTimeout(settleMs)
    if (name === 'webhooks') await page.locator('[data-delivery] summary').first().click()
    if (name === 'call' && only === undefined) {
      await page.mouse.wheel(0, 500)
      await page.waitForTimeout(500)
    }
    await take(page, `${name}-${look.name}`)
    if (name !== 'call' || only !== undefined) continue
    await page.locator('[data-lane=sip] summary').nth(1).click()
    await take(page, `message-${look.name}`)
  }
  for (const one of complaints) console.error(`${look.name}: ${one}`)
  await page.context().close()
}

async function takeStale(browser: LabBrowser, { stage }: ConsoleScene): Promise<void> {
  const { page } = await browser.open(`${stage.server.origin}/console/`, {
    theme: 'dark',
    width: 1280,
  })
  await signIn(page, stage.server.apiKey)
  await page.locator('[data-queue=support] .figure').first().waitFor()
  await stage.server.kill()
  await page.getByText(/Stale since/).waitFor()
  await page.waitForTimeout(settleMs)
  await take(page, 'stale-dark')
  await page.context().close()
  await (await stage.server.again()).stop()
}

async function takePictures(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await buildConsole()
  const scene = await startConsoleScene(await freePort(), await freePort())
  const browser = await launchBrowser()
  try {
    for (const look of looks) await takeLook(browser, scene, look)
    await takeStale(browser, scene)
  } finally {
    await browser.close()
    await scene.close()
  }
}

await takePictures()
