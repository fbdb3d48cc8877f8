// Each line with curl in the guides, run as it stands there by a shell, against a real server with a caller in the queue.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { wavFile } from '../../../src/cli/phone/sound.ts'
import { startStage, type CallIn, type Stage } from '../../support/stage.ts'

/** Commands of a page, in their order; those that go over several lines are joined. */
function curlLines(path: string): readonly string[] {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)]
  return blocks
    .map(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .flat()
    .filter((line) => line.startsWith('curl '))
}

const pages = globSync('docs/guides/*.md')
  .map((path) => ({ path, lines: curlLines(path) }))
  .filter(({ lines }) => lines.length > 0)

const skip = spawnSync('curl', ['--version']).error === undefined ? false : 'curl is not installed'

let stage: Stage
let folder: string
let caller: CallIn
before(async () => {
  stage = await startStage()
  folder = await mkdtemp(join(tmpdir(), 'holdfast-guides-'))
  await writeFile(join(folder, 'hold.mp3'), wavFile([new Int16Array(8000).fill(1000)]))
  caller = await stage.queueUp('support')
  await stage.event(caller.id, 'call.enqueued')
})
after(async () => {
  await stage.close()
  await rm(folder, { recursive: true, force: true })
})

async function shell(
  line: string,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { origin, apiKey } = stage.server
  const child = spawn('bash', ['-c', line], {
    cwd: folder,
    env: {
      ...process.env,
      ...{ HOLDFAST_URL: origin, HOLDFAST_API_KEY: apiKey, CALL: caller.id },
      api: `${origin}/v2`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, said }
}

test('there are such lines in the guides', () => assert.ok(pages.length >= 4))

for (const { path, lines } of pages) {
  test(`lines with curl of ${basename(path)} do what they say`, { skip }, async () => {
    const { body } = await stage.request('GET', '/events?after=newest')
    const { next } = (body as { meta: { next: string } }).meta
    for (const line of lines) {
      // What stays open is read for a moment: 28 is curl's word for that.
      const isEndless = line.includes(' -sN ')
      const ready = line
        .replace(/^curl /, `curl --fail-with-body --max-time ${isEndless ? 6 : 30} `)
        .replaceAll('http://127.0.0.1:8080', stage.server.origin)
        .replace('<meta.next>', next)
        .replace('wait_secs=20', 'wait_secs=1')
      const { code, said } = await shell(ready)
      assert.equal(code, isEndless ? 28 : 0, `${line}\n${said}`)
      assert.match(said, isEndless ? /^event: hello$/m : /"data":/, `${line}\n${said}`)
    }
  })
}
