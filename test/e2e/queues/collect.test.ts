// Empty queues disappear after the configured time, filled and kept ones do not (acceptance list, line 11).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dataOf, listOf, startStage, type Stage } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

let stage: Stage
before(async () => {
  stage = await startStage({
    config: { queues: { collect_empty_after_secs: 1, collect_created: false } },
  })
})
after(() => stage.close())

const status = async (queue: string): Promise<number> =>
  (await stage.request('GET', `/queues/${queue}`)).status

test('acceptance 11: an empty queue disappears after the period and is listed until then', async () => {
  await stage.request('POST', '/queues', { queue_name: 'explicit' })
  await stage.queueUp('filled')
  const dead = await stage.queueUp('kept', { keep_after_hangup: true })
  dead.call.hangUp()
  const { id } = await stage.queueUp('emptied')
  const before = dataOf(await stage.request('GET', '/queues/emptied'))['id']
  const fromMs = performance.now()
  await stage.command(id, 'leave_queue')
  const names = listOf(await stage.request('GET', '/queues')).map((queue) => queue['name'])
  const isOver = performance.now() - fromMs > 1_000 // A busy machine may answer after the period.
  assert.deepEqual(names.slice(0, 3), ['explicit', 'filled', 'kept'])
  assert.ok(isOver || names[3] === 'emptied', names.join())
  await until(async () => (await status('emptied')) === 404 || undefined)
  assert.equal(await status('filled'), 200)
  assert.equal(await status('kept'), 200)
  assert.equal(await status('explicit'), 200, 'collect_created is off')
  // A queue of the same name is a new one.
  await stage.command(id, 'enqueue', { queue_name: 'emptied' })
  assert.notEqual(dataOf(await stage.request('GET', '/queues/emptied'))['id'], before)
})
