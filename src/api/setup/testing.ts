// For tests of the API: what is set up, in memory, without any of the registry's rules but the refusals a test asks for.

import { brandAs, type ApplicationId } from '../../base/ids.ts'
import { ok, refused } from '../../base/result.ts'
import type { Application } from '../../ports/applications.ts'
import type {
  ApplicationRecord,
  Changed,
  ConnectionRecord,
  CredentialRecord,
  NumberRecord,
  Setup,
  SetupRefusal,
} from '../../ports/setup.ts'
import { applicationDefaults } from '../applications/fields.ts'

/** Everything in it is of the file unless made by a request; `refusal` is the answer to every change. */
export function fakeSetup(
  applications: readonly Application[],
  nowMs: number,
  refusal?: SetupRefusal,
): Setup {
  const times = { createdAtMs: nowMs, updatedAtMs: nowMs }
  const fromFile = { origin: 'file', ...times } as const
  const made = { origin: 'api', ...times } as const
  const shelf = <Id extends string, Kept extends { readonly id: Id; readonly origin: string }>(
    first: readonly Kept[],
  ) => {
    const rows = new Map<Id, Kept>(first.map((one) => [one.id, one]))
    const change = async (id: Id, next: (before: Kept) => Kept | undefined): Changed<Kept> => {
      const before = rows.get(id)
      if (refusal !== undefined) return refused(refusal)
      if (before === undefined) return refused('unknown')
      if (before.origin === 'file') return refused('from-file')
      const after = next(before)
      if (after === undefined) rows.delete(id)
      else rows.set(id, after)
      return ok(after ?? before)
    }
    return {
      all: () => [...rows.values()],
      get: (id: Id) => rows.get(id),
      update: (id: Id, settings: object) => change(id, (before) => ({ ...before, ...settings })),
      remove: (id: Id) => change(id, () => undefined),
      put: async (kept: Kept): Changed<Kept> => {
        if (refusal !== undefined) return refused(refusal)
        rows.set(kept.id, kept)
        return ok(kept)
      },
    }
  }
  const apps = shelf<ApplicationId, ApplicationRecord>(
    applications.map((one) => ({ ...applicationDefaults, ...one, ...fromFile })),
  )
  const numbers = shelf<string, NumberRecord>([])
  const connections = shelf<ApplicationId, ConnectionRecord>([])
  const credentials = shelf<string, CredentialRecord>([])
  const id = brandAs<ApplicationId>('1293384261075731499')
  return {
    applications: {
      ...apps,
      create: (settings) => apps.put({ ...settings, id, numbers: [], ...made }),
    },
    numbers: {
      ...numbers,
      create: (number, settings) => numbers.put({ id: '7', number, ...settings, ...made }),
    },
    connections: {
      ...connections,
      create: (settings) => connections.put({ ...settings, id, ...made }),
    },
    credentials: {
      ...credentials,
      async create(settings) {
        const uuid = 'c215a3e1-be41-4701-97e8-1d3c22f9a5b7'
        const kept = { ...settings, id: uuid, userName: 'gencredA', ...made }
        const done = await credentials.put(kept)
        return done.ok ? ok({ ...done.value, password: 'secret12' }) : done
      },
    },
  }
}
