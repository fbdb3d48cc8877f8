// Who asks what has happened is told what has happened until now, also while somebody else waits for something.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Events } from './events.ts'
import type { Answer } from './world.ts'

const answerOf = (types: readonly string[], next: string): Answer => ({
  status: 200,
  body: {
    data: types.map((type, index) => ({ event_type: type, id: `${next}${index}`, payload: {} })),
    meta: { next },
  },
})

test('what was asked before something happened is asked again after it', async () => {
  const asked: ((answer: Answer) => void)[] = []
  const events = new Events(() => new Promise((resolve) => asked.push(resolve)))
  const waits = events.next('call.answered')
  const none = events.none('call.hangup')
  const list = events.list('call.hangup')
  assert.equal(asked.length, 1)
  asked[0]?.(answerOf([], 'a'))
  while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve))
  asked[1]?.(answerOf(['call.hangup', 'call.answered'], 'b'))
  await assert.rejects(none, /there was a call\.hangup/)
  assert.equal((await list).length, 1)
  assert.equal((await waits).type, 'call.answered')
  assert.equal(asked.length, 2)
})

test('of more than one page none is left out', async () => {
  const pages = [
    answerOf(Array<string>(1000).fill('call.enqueued'), 'a'),
    answerOf(['call.hangup'], 'b'),
  ]
  const events = new Events(() => Promise.resolve(pages.shift() ?? answerOf([], 'c')))
  await assert.rejects(events.none('call.hangup'), /there was a call\.hangup/)
})
