// A screen on a wall opens its link once and then stays for weeks; nobody is there to sign in again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nowMs, testApi, withKey } from '../testing.ts'

test('the session of a read-only link lives as long as the link, beyond the hours of other sessions', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const weekSecs = 604_800
  const made = await api.inject({
    ...{ method: 'POST', url: '/v2/read_only_links', headers: withKey },
    payload: { expires_in_secs: weekSecs },
  })
  const link = String(made.json().data.url).split('#link=')[1] ?? ''
  const session = await api.inject({ method: 'POST', url: '/v2/sessions', payload: { link } })
  const expires = new Date(nowMs + weekSecs * 1000).toISOString()
  assert.equal(session.json().data.expires_at, expires)
  assert.match(String(session.headers['set-cookie']), new RegExp(`; Max-Age=${weekSecs}$`))
})
