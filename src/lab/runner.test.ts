import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createLab } from './runner.ts'

test('phones on real sockets hear each other', async (t) => {
  const lab = createLab()
  t.after(() => lab.close())
  const bob = await lab.phone({
    user: 'bob',
    server: { port: 9 },
    voice: { kind: 'tone', hz: 440 },
  })
  const port = Number(/:(\d+)$/.exec(bob.contactUri)?.[1])
  const alice = await lab.phone({
    user: 'alice',
    server: { port, transport: 'TCP' },
    voice: { kind: 'tone', hz: 1000 },
  })
  const out = await alice.call('bob')
  const into = await bob.nextCall(5000)
  await Promise.all([out.hears(440, 5000), into.hears(1000, 5000)])
  out.hangUp()
  assert.equal((await into.ended(5000)).by, 'peer')
})
