import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApi, testKey } from '../testing.ts'

const asked = [
  ['GET', '/v2/lab'],
  ['POST', '/v2/lab/skip'],
  ['POST', '/v2/lab/faults'],
  ['DELETE', '/v2/lab/faults'],
  ['POST', '/v2/lab/reset'],
] as const

test('a server that is no lab has none of its paths, whatever is sent', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  for (const [method, url] of asked) {
    for (const payload of method === 'POST'
      ? [{}, { seconds: 1 }, { seconds: 'x' }]
      : [undefined]) {
      const answer = await api.inject({
        ...{ method, url, headers: { authorization: `Bearer ${testKey}` } },
        ...(payload && { payload }),
      })
      assert.equal(answer.statusCode, 404, `${method} ${url}`)
      assert.equal(answer.json<{ errors: { code: string }[] }>().errors[0]?.code, '10005')
    }
  }
})

test('without a key nobody learns even that', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  for (const [method, url] of asked) {
    assert.equal((await api.inject({ method, url })).statusCode, 401)
  }
})
