// examples/curl: the script does what it says, to real calls.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { agentHz, callerHz, startStage, type Stage } from '../../support/stage.ts'

const noCurl =
  spawnSync('curl', ['--version']).error === undefined ? false : 'curl is not installed'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

test('examples/curl: a caller goes through the queue to the agent', { skip: noCurl }, async () => {
  const caller = await stage.callIn()
  const agent = await stage.dialAgent()
  const { origin, apiKey } = stage.server
  const script = spawn('sh', ['examples/curl/queue.sh', caller.id, agent.id], {
    env: { ...process.env, HOLDFAST_URL: origin, HOLDFAST_API_KEY: apiKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  for (const stream of [script.stdout, script.stderr])
    stream.on('data', (bytes: Buffer) => (out += bytes.toString()))
  const code = await new Promise((resolve) => script.once('close', resolve))
  assert.equal(code, 0, out)
  assert.equal(out.match(/"result":"ok"/g)?.length, 5, out)
  assert.match(out, /"queue_position":1/)
  await caller.call.hears(agentHz, 5_000)
  await agent.call.hears(callerHz, 5_000)
})
