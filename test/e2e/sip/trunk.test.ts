// A carrier's calls in: let in by address alone, and named as such.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { refusalOf, startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
before(async () => {
  const trunk = { name: 'carrier', uri: 'sip:127.0.0.1:5999', inbound_from: ['127.0.0.1/32'] }
  const sip = { accept_unauthenticated_from: [] }
  stage = await startStage({
    config: { sip, trunks: [trunk] },
    application: { numbers: ['+15550100'] },
  })
})
after(() => stage.close())

test('a call from the carrier’s address needs no password', async () => {
  const caller = await stage.answered({ user: '+15550123' })
  const { from, to, direction } = caller.initiated.payload
  assert.deepEqual([from, to, direction], ['+15550123', '+15550100', 'incoming'])
})

test('a number that no application has is not found', async () => {
  const phone = await stage.phone({ user: '+15550124' })
  const { by, status } = await refusalOf(() => phone.call('+15550199'))
  assert.deepEqual([by, status], ['refused', 404])
})
