// A server whose operator wants no pages has none; the API and its sign-in are the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../../../src/lab/server-process.ts'

test('console.enabled: false leaves no trace of the console at its path', async () => {
  const server = await startServer({ config: { console: { enabled: false } } })
  try {
    for (const path of ['/console', '/console/', '/console/assets/index.js']) {
      const answer = await fetch(`${server.origin}${path}`)
      assert.equal(answer.status, 404, path)
      assert.match(answer.headers.get('content-type') ?? '', /json/)
    }
    const signIn = await fetch(`${server.baseURL}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: server.apiKey }),
    })
    assert.equal(signIn.status, 201)
  } finally {
    await server.stop()
  }
})
