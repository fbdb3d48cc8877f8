import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../../test/support/virtual.ts'
import { brandAs } from '../../base/ids.ts'
import { newFrameRing } from '../audio/frame-ring.ts'
import type { FromStreamingThread } from './protocol.ts'
import { RtpCopy } from './rtp-copy.ts'

test('a fork whose second socket cannot be had leaves none open, and has failed', async () => {
  const posted: FromStreamingThread[] = []
  let open = 0
  const copy = new RtpCopy(
    {
      ...{ op: 'fork', number: 1, frames: newFrameRing(64) },
      order: {
        streamId: brandAs('s1'),
        rx: { address: '127.0.0.1', port: 4000 },
        tx: { address: '::1', port: 4002 },
      },
    },
    {
      random: new SeededRandom(1),
      mayReach: () => true,
      post: (message) => void posted.push(message),
      over: () => undefined,
      datagrams: {
        bind: ({ host }) => {
          if (host === '::') return Promise.reject(new Error('no IPv6'))
          open += 1
          const nothing = (): void => undefined
          return Promise.resolve({
            ...{ address: host, port: 1, send: nothing, sendConnected: nothing },
            ...{ connect: nothing, disconnect: nothing, queuedPackets: () => 0 },
            close: () => void (open -= 1),
          })
        },
      },
    },
  )
  await copy.start()
  assert.equal(open, 0)
  assert.deepEqual(
    posted.map(({ op }) => op),
    ['ended'],
  )
})
