// `node test/chaos/run.ts [--kills 200] [--seed n]`: the long form of chaos.test.ts; the last line is one JSON object.
import { parseArgs } from 'node:util'
import { runChaos } from './chaos.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
console.log(`seed ${seed}`)
const report = await runChaos({ kills: Number(values.kills), seed, say: console.log })
console.log(JSON.stringify(report))
