// Repeats of commands (C10), and the order of checks (C63).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLab, commands, leg, textOf } from '../../test/support/call-lab.ts'

test('C10: the same command_id has one effect and the stored answer for 60 s', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.told()
  const once = { commandId: 'one' }
  assert.equal(await lab.command(commands.enqueue('ann'), once), 'ok')
  assert.equal(await lab.command(commands.enqueue('ann'), once), 'ok')
  assert.deepEqual(lab.told(), ['queue-created support', 'call-enqueued ann support 1'])
  await lab.advance(60_000)
  assert.equal(await lab.command(commands.enqueue('ann'), once), 'already-queued')
})

test('C10: a refused command does not occupy its id', async () => {
  const lab = await callLab()
  await lab.rings('ann')
  assert.equal(await lab.command(commands.enqueue('ann'), { commandId: 'one' }), 'not-answered')
  await lab.command(commands.answer('ann'))
  assert.equal(await lab.command(commands.enqueue('ann'), { commandId: 'one' }), 'ok')
})

test('C10: ids are per leg; dials share one scope and give the same ids', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.caller('bob')
  await lab.command(commands.enqueue('ann'), { commandId: 'one' })
  assert.equal(await lab.command(commands.enqueue('bob'), { commandId: 'one' }), 'ok')
  assert.equal(lab.logic.counts().queued, 2)
  const first = lab.submit(commands.dial('cid'), { commandId: 'one' })
  const second = lab.submit(commands.dial('dan'), { commandId: 'one' })
  await lab.run()
  assert.deepEqual(await first, await second)
  assert.equal(lab.logic.call(leg('dan')), undefined)
})

test('C10: a conference command repeats within its conference: the same id, one end, the same answer', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  const once = { commandId: 'one' }
  assert.equal(await lab.command(commands.conferenceCreate('ann', 'room'), once), 'ok')
  assert.equal(await lab.command(commands.conferenceEnd('room'), once), 'ok')
  assert.equal(await lab.command(commands.conferenceEnd('room'), once), 'ok')
  assert.equal(await lab.command(commands.conferenceEnd('room')), 'conference-ended')
})

test('a repeat while the first waits for the store shares its answer', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.store.holding = true
  const both = [
    lab.submit(commands.enqueue('ann'), { commandId: 'one' }),
    lab.submit(commands.enqueue('ann'), { commandId: 'one' }),
  ]
  await lab.run()
  assert.equal(lab.store.held.length, 1)
  lab.store.release()
  await lab.run()
  assert.deepEqual((await Promise.all(both)).map(textOf), ['ok', 'ok'])
})

test('an SDK retry gets the answer of the first attempt, even of a hang-up; others never do', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  const first = { request: { hash: 'h', retry: false } }
  const retry = { request: { hash: 'h', retry: true } }
  assert.equal(await lab.command(commands.enqueue('ann'), first), 'ok')
  assert.equal(await lab.command(commands.enqueue('ann'), retry), 'ok')
  assert.equal(await lab.command(commands.enqueue('ann'), first), 'already-queued')
  const end = { request: { hash: 'x', retry: false } }
  await lab.command(commands.hangup('ann'), end)
  assert.equal(
    await lab.command(commands.hangup('ann'), { request: { hash: 'x', retry: true } }),
    'ok',
  )
  await lab.advance(60_000)
  assert.equal(
    await lab.command(commands.hangup('ann'), { request: { hash: 'x', retry: true } }),
    'leg-ended',
  )
})

test('an SDK retry of a refused attempt, or of one never seen, is simply tried', async () => {
  const lab = await callLab()
  await lab.rings('ann')
  const first = { request: { hash: 'h', retry: false } }
  const retry = { request: { hash: 'h', retry: true } }
  assert.equal(await lab.command(commands.enqueue('ann'), first), 'not-answered')
  await lab.command(commands.answer('ann'))
  assert.equal(await lab.command(commands.enqueue('ann'), retry), 'ok')
})

test('two equal requests under way keep those who share the first', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.store.holding = true
  const first = { request: { hash: 'h', retry: false } }
  const retry = { request: { hash: 'h', retry: true } }
  const answers = [
    lab.submit(commands.enqueue('ann'), first),
    lab.submit(commands.enqueue('ann'), retry),
    lab.submit(commands.enqueue('ann'), first),
  ]
  await lab.run()
  lab.store.release()
  await lab.run()
  assert.deepEqual((await Promise.all(answers)).map(textOf), ['ok', 'ok', 'already-queued'])
})

test('F.3: look-up before repeats, repeats before state', async () => {
  const lab = await callLab()
  assert.equal(await lab.command(commands.enqueue('nobody'), { commandId: 'a' }), 'leg-unknown')
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'), { commandId: 'a' })
  await lab.command(commands.leaveQueue('ann'))
  assert.equal(await lab.command(commands.enqueue('ann'), { commandId: 'a' }), 'ok')
  assert.equal(lab.logic.call(leg('ann'))?.state, 'parked', 'answered, not done again')
  await lab.hangsUp('ann')
  assert.equal(await lab.command(commands.enqueue('ann'), { commandId: 'a' }), 'leg-ended')
})

test('stored answers outlive a restart', async () => {
  const lab = await callLab()
  const dial = commands.dial('bob')
  const first = lab.submit(dial, { commandId: 'one' })
  await lab.run()
  lab.logic.stop()
  const next = await callLab({ from: lab })
  const again = next.submit(dial, { commandId: 'one' })
  await next.run()
  assert.equal(textOf(await first), 'ok')
  assert.equal(textOf(await again), 'ok')
  assert.deepEqual(next.signals, [])
})
