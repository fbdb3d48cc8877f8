// For tests of what good requests become: the command that the call logic gets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { legId, testApi, withKey } from './testing.ts'

export const callActions = `/v2/calls/${legId}/actions`

/** Request ids are made in order. */
export const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
export const fresh = { legId: `v3:${'x'.repeat(54)}` }

export interface CommandCase {
  readonly name: string
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly body?: Readonly<Record<string, unknown>>
  /** The command; request ids are made in order, the first is 2 (1 is the request's own). */
  readonly command: object
  readonly status?: number
}

export function testCommands(cases: readonly CommandCase[]): void {
  for (const { name, method, url, body, command, status } of cases) {
    test(`command: ${name}`, async (t) => {
      const { api, submitted } = testApi()
      t.after(() => api.close())
      const answer = await api.inject({
        method: method ?? 'POST',
        url,
        headers: withKey,
        ...(body === undefined ? {} : { payload: body }),
      })
      assert.equal(answer.statusCode, status ?? 200, answer.body)
      assert.deepEqual(submitted[0]?.command, command)
      assert.equal(submitted[0]?.clientState, body?.['client_state'])
      assert.equal(submitted[0]?.commandId, body?.['command_id'])
    })
  }
}
