// The registry of what is set up: applications, numbers, SIP users. `restore` comes before the first call; a change is in
// force when it returns and on disk when its promise resolves.

import { brandAs, type ApplicationId } from '../base/ids.ts'
import type { Application } from '../ports/applications.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoredRow } from '../ports/durable.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { ApplicationBook, Setup, SipUserBook } from '../ports/setup.ts'
import type { Store } from '../ports/store.ts'
import { Applications } from './applications.ts'
import { rowWriter } from './book.ts'
import { freshId } from './ids.ts'
import { Numbers } from './numbers.ts'
import { SipUsers } from './sip-users.ts'

export interface SetupOptions {
  /** Of the configuration file. */
  readonly applications: readonly Application[]
  readonly sipUsers: readonly { readonly username: string }[]
  /** `sip.domain`. */
  readonly realm: string
  readonly store: Pick<Store, 'commit' | 'health'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The registrations of a user are void. */
  readonly dropUser: (userName: string) => void
}

export interface RunningSetup {
  readonly setup: Setup
  readonly book: ApplicationBook
  readonly users: SipUserBook
  /** All rows of the state table, at the start. */
  restore(rows: readonly StoredRow[]): void
  /** Applications and connections that were removed and are still known. */
  retired(): readonly ApplicationId[]
  /** Forgets those of them that are not in use: of which nothing can be told any more. */
  sweep(isInUse: (id: ApplicationId) => boolean): void
}

export function createSetup(options: SetupOptions): RunningSetup {
  const { clock, log, random, realm, store } = options
  const writer = rowWriter(store)
  const nowMs = (): number => clock.wallMs()
  const makeId = (): ApplicationId =>
    freshId(random, (id) => applications.isTaken(id) || users.isTaken(id))
  const inFile = new Set(options.sipUsers.map(({ username }) => username))
  const applications: Applications = new Applications({
    file: options.applications,
    writer,
    nowMs,
    freshId: makeId,
  })
  const numbers = new Numbers({
    file: options.applications,
    writer,
    nowMs,
    isApplication: (id) => applications.shelf.get(id) !== undefined,
  })
  const users: SipUsers = new SipUsers({
    writer,
    nowMs,
    random,
    freshId: makeId,
    realm,
    isInFile: (name) => inFile.has(name),
    dropUser: options.dropUser,
  })
  const get = (id: ApplicationId): Application | undefined =>
    applications.get(id) ?? users.application(id)
  return {
    setup: {
      applications: applications.shelf,
      numbers: numbers.shelf,
      connections: users.connections,
      credentials: users.credentials,
    },
    book: {
      get,
      answering(called, source) {
        const own = source.kind === 'user' ? users.parking(source.name) : undefined
        if (own !== undefined) return own
        const id = numbers.answering(called)
        return id === undefined ? undefined : get(brandAs<ApplicationId>(id))
      },
    },
    users: { secretOf: (name) => users.secretOf(name) },
    restore(rows) {
      applications.restore(rows)
      numbers.restore(rows)
      const useless = users.restore(rows)
      if (useless === 0) return
      const why = 'SIP users made over the API cannot log in: sip.domain has changed'
      log.warn({ code: 'SIP_DOMAIN_CHANGED', users: useless, realm }, why)
    },
    retired: () => [...applications.retired(), ...users.retired()],
    sweep(isInUse) {
      applications.sweep(isInUse)
      users.sweep(isInUse)
    },
  }
}
