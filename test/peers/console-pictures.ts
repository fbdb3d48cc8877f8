// Takes the pictures of the console that the documentation shows, with real calls behind them:
//
//   node test/peers/console-pictures.ts [folder]
//
// Whoever changes the pages runs it and looks at what comes out.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildConsole } from '../../tools/build-console.ts'
import { startConsoleScene } from '../support/console-scene.ts'
import { freePort } from '../support/free-port.ts'
import { launchBrowser, type OpenOptions } from './browser.ts'

const folder = process.argv[2] ?? 'docs/images/console'

async function takePictures(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await buildConsole()
  const scene = await startConsoleScene(await freePort(), await freePort())
  const browser = await launchBrowser()
  const { server } = scene.stage
  const call = encodeURIComponent(scene.talking.id)
  const views = [
    ['wallboard', '/', '[data-queue=support]'],
    ['queue', '/queues/support', '[data-caller]'],
    ['calls', '/calls', '[data-row]'],
    ['call', `/calls/${call}`, '[data-lane=sip]'],
    ['webhooks', '/webhooks', '[data-delivery]'],
    ['setup', '/setup', 'text=Numbers'],
  ] as const
  const looks: readonly (readonly [
    suffix: string,
    options: OpenOptions,
    views: readonly string[],
  ])[] = [
    ['dark', { theme: 'dark', width: 1280, height: 800 }, views.map(([name]) => name)],
    ['light', { theme: 'light', width: 1280, height: 800 }, views.map(([name]) => name)],
    ['wall', { theme: 'dark', width: 1920, height: 1080 }, ['wallboard']],
    ['phone', { theme: 'light', width: 390, height: 844 }, views.map(([name]) => name)],
  ]
  try {
    for (const [suffix, options, names] of looks) {
      const { page, complaints } = await browser.open(`${server.origin}/console/`, options)
      if (suffix !== 'wall') await page.screenshot({ path: join(folder, `sign-in-${suffix}.png`) })
      await page.getByLabel('API key').fill(server.apiKey)
      await page.getByRole('button', { name: 'Sign in' }).click()
      for (const [name, path, sign] of views) {
        if (!names.includes(name)) continue
        await page.goto(`${server.origin}/console${path}`)
        await page.locator(sign).first().waitFor()
        await page.waitForTimeout(2500) // Quality of the callers, levels of trunks.
        if (name === 'webhooks') await page.locator('[data-delivery] summary').first().click()
        if (name === 'call') await page.locator('[data-lane=sip] summary').nth(1).click()
        await page.screenshot({ path: join(folder, `${name}-${suffix}.png`) })
      }
      for (const one of complaints) console.error(`${suffix}: ${one}`)
      await page.context().close()
    }
  } finally {
    await browser.close()
    await scene.close()
  }
}

await takePictures()
