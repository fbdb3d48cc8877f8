// SIP users that are made at run time: a connection has one with a name and password of its maker's choice, and any number
// of credentials with names and passwords that we make. Of a password only the two hashes that digest needs are kept;
// they belong to one realm, so they are worth nothing after `sip.domain` has been changed, and the start says so.

import { brandAs, type ApplicationId } from '../base/ids.ts'
import { ok, refused } from '../base/result.ts'
import { digestHashes } from '../config/credentials.ts'
import type { Application } from '../ports/applications.ts'
import type { StoredRow } from '../ports/durable.ts'
import type { Random } from '../ports/random.ts'
import type {
  Changed,
  ConnectionRecord,
  ConnectionSettings,
  CredentialRecord,
  CredentialSettings,
  Setup,
  SipSecret,
} from '../ports/setup.ts'
import { Book, makeChanges, type RowWriter } from './book.ts'

const connectionsMax = 10_000
const credentialsMax = 100_000
const passwordChars = 32

export interface SipUsersOptions {
  readonly writer: RowWriter
  readonly nowMs: () => number
  readonly random: Random
  readonly freshId: () => ApplicationId
  /** The digest realm: `sip.domain`. */
  readonly realm: string
  /** The configuration file has a user of that name. */
  readonly isInFile: (userName: string) => boolean
  /** Nobody may be reached or register any more with what was known of that user. */
  readonly dropUser: (userName: string) => void
}

interface Secret {
  readonly realm: string
  readonly ha1Md5: string
  readonly ha1Sha256: string
}

type KeptConnection = ConnectionRecord & { readonly secret: Secret; readonly retired: boolean }
type KeptCredential = CredentialRecord & { readonly secret: Secret }

export class SipUsers {
  readonly connections: Setup['connections']
  readonly credentials: Setup['credentials']
  readonly #options: SipUsersOptions
  readonly #connections: Book<ApplicationId, KeptConnection>
  readonly #credentials: Book<string, KeptCredential>
  /** Who has the user name: the connection, or the credential. */
  readonly #byName = new Map<string, ApplicationId | string>()

  constructor(options: SipUsersOptions) {
    this.#options = options
    this.#connections = new Book('connection', options.writer)
    this.#credentials = new Book('credential', options.writer)
    this.connections = {
      all: () => [...this.#connections.values()].filter(({ retired }) => !retired),
      get: (id) => this.#living(id),
      create: (settings, password) => this.#createConnection(settings, password),
      update: (id, settings) => this.#updateConnection(id, settings),
      remove: (id) => this.#removeConnection(id),
    }
    this.credentials = {
      all: () => [...this.#credentials.values()],
      get: (id) => this.#credentials.get(id),
      create: (settings) => this.#createCredential(settings),
      update: (id, settings) => this.#updateCredential(id, settings),
      remove: (id) => this.#removeCredential(id),
    }
  }

  /** Undefined: there is no such user, or it may not register now. */
  secretOf(userName: string): SipSecret | undefined {
    const secret = this.#keptOf(userName)
    return secret?.realm === this.#options.realm ? secret : undefined
  }

  /** The connection whose calls those of that user are, when it parks them. */
  parking(userName: string): Application | undefined {
    const connection = this.#connectionOf(userName)
    const parks = connection?.parksCalls === true && connection.webhookEventUrl !== ''
    return parks ? applicationOf(connection) : undefined
  }

  /** Also one that was removed. */
  application(id: ApplicationId): Application | undefined {
    const found = this.#connections.get(id)
    return found === undefined ? undefined : applicationOf(found)
  }

  isTaken(id: ApplicationId): boolean {
    return this.#connections.get(id) !== undefined
  }

  /** How many of the restored users have a password for another realm. */
  restore(rows: readonly StoredRow[]): number {
    const limits = { inboundChannelLimit: undefined, outboundChannelLimit: undefined }
    // Our own JSON; what is undefined is missing there.
    const connection = (row: object) => ({ ...limits, ...(row as KeptConnection) })
    const credential = (row: object) => ({
      ...{ expiresAtMs: undefined },
      ...(row as KeptCredential),
    })
    this.#connections.restore(rows, connection, ({ id }) => brandAs<ApplicationId>(id))
    this.#credentials.restore(rows, credential, ({ id }) => id)
    for (const { id, connectionId } of [...this.#credentials.values()]) {
      // Its connection went, and the process with it before this did.
      if (this.#living(connectionId) === undefined) this.#credentials.unload(id)
    }
    let useless = 0
    for (const one of [...this.#connections.values(), ...this.#credentials.values()]) {
      if ('retired' in one && one.retired) continue
      this.#byName.set(one.userName, one.id)
      if (one.secret.realm !== this.#options.realm) useless++
    }
    return useless
  }

  /** Removed connections that are still known. */
  retired(): readonly ApplicationId[] {
    return [...this.#connections.values()].flatMap(({ id, retired }) => (retired ? id : []))
  }

  sweep(isInUse: (id: ApplicationId) => boolean): void {
    for (const { id, retired } of [...this.#connections.values()]) {
      if (retired && !isInUse(id)) void this.#connections.remove(id)
    }
  }

  #keptOf(userName: string): Secret | undefined {
    const owner = this.#byName.get(userName)
    if (owner === undefined || this.#options.isInFile(userName)) return undefined
    const connection = this.#connectionOf(userName)
    if (connection?.active !== true) return undefined
    if (connection.userName === userName) return connection.secret
    const credential = this.#credentials.get(owner)
    return credential === undefined || this.#hasExpired(credential) ? undefined : credential.secret
  }

  #hasExpired({ expiresAtMs }: CredentialRecord): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.#options.nowMs()
  }

  #connectionOf(userName: string): KeptConnection | undefined {
    const owner = this.#byName.get(userName)
    if (owner === undefined) return undefined
    const credential = this.#credentials.get(owner)
    return this.#living(credential?.connectionId ?? brandAs<ApplicationId>(owner))
  }

  #living(id: ApplicationId): KeptConnection | undefined {
    const found = this.#connections.get(id)
    return found?.retired === true ? undefined : found
  }

  #isTakenName(userName: string): boolean {
    return this.#byName.has(userName) || this.#options.isInFile(userName)
  }

  #secret(userName: string, password: string): Secret {
    const { realm } = this.#options
    return { realm, ...digestHashes(userName, realm, password) }
  }

  async #createConnection(
    settings: ConnectionSettings,
    password: string,
  ): Changed<ConnectionRecord> {
    const { freshId, nowMs } = this.#options
    if (this.#isTakenName(settings.userName)) return refused('taken')
    if (this.#connections.size >= connectionsMax) return refused('full')
    const stamps = { origin: 'api', createdAtMs: nowMs(), updatedAtMs: nowMs() } as const
    const secret = this.#secret(settings.userName, password)
    return this.#putConnection({ ...settings, id: freshId(), secret, ...stamps, retired: false })
  }

  async #updateConnection(
    id: ApplicationId,
    { password, ...over }: Parameters<Setup['connections']['update']>[1],
  ): Changed<ConnectionRecord> {
    const before = this.#living(id)
    if (before === undefined) return refused('unknown')
    const userName = over.userName ?? before.userName
    const renamed = userName !== before.userName
    if (renamed && this.#isTakenName(userName)) return refused('taken')
    const secret = password === undefined ? before.secret : this.#secret(userName, password)
    const updatedAtMs = this.#options.nowMs()
    const next = { ...before, ...over, secret, updatedAtMs }
    const own = renamed || password !== undefined ? [before.userName] : []
    return this.#putConnection(next, {
      former: before.userName,
      voided: next.active ? own : this.#namesOf(id),
    })
  }

  async #removeConnection(id: ApplicationId): Changed<ConnectionRecord> {
    const before = this.#living(id)
    if (before === undefined) return refused('unknown')
    const names = this.#namesOf(id)
    const written = makeChanges(this.#options.writer, [
      this.#connections.putting(id, { ...before, active: false, retired: true }),
      ...this.#credentialsOf(id).map((one) => this.#credentials.removing(one.id)),
    ])
    if (written === undefined) return refused('unavailable')
    for (const name of names) {
      this.#byName.delete(name)
      this.#options.dropUser(name)
    }
    await written
    return ok(before)
  }

  /** All user names of a connection. */
  #namesOf(id: ApplicationId): readonly string[] {
    const own = this.#connections.get(id)?.userName
    const others = this.#credentialsOf(id).map(({ userName }) => userName)
    return [...(own === undefined ? [] : [own]), ...others]
  }

  #credentialsOf(id: ApplicationId): readonly KeptCredential[] {
    return [...this.#credentials.values()].filter(({ connectionId }) => connectionId === id)
  }

  /**
   * `former`: the name that it had before. `voided`: who registered under these is not reached any more, from the moment
   * of the change on; whoever registers after it stays.
   */
  async #putConnection(
    kept: KeptConnection,
    { former, voided }: { readonly former: string; readonly voided: readonly string[] } = {
      former: kept.userName,
      voided: [],
    },
  ): Changed<ConnectionRecord> {
    const written = this.#connections.put(kept.id, kept)
    if (written === undefined) return refused('unavailable')
    this.#byName.delete(former)
    this.#byName.set(kept.userName, kept.id)
    for (const name of voided) this.#options.dropUser(name)
    await written
    return ok(kept)
  }

  async #createCredential(
    settings: CredentialSettings,
  ): Changed<CredentialRecord & { readonly password: string }> {
    const { nowMs, random } = this.#options
    if (this.#credentials.size >= credentialsMax) return refused('full')
    const userName = `gencred${letters(random, 25)}`
    if (this.#isTakenName(userName)) return refused('taken')
    const password = letters(random, passwordChars)
    const stamps = { origin: 'api', createdAtMs: nowMs(), updatedAtMs: nowMs() } as const
    const secret = this.#secret(userName, password)
    const id = random.uuid()
    const done = await this.#putCredential({ ...settings, id, userName, secret, ...stamps })
    return done.ok ? ok({ ...done.value, password }) : done
  }

  async #updateCredential(
    id: string,
    over: Partial<CredentialSettings>,
  ): Changed<CredentialRecord> {
    const before = this.#credentials.get(id)
    if (before === undefined) return refused('unknown')
    const next = { ...before, ...over, updatedAtMs: this.#options.nowMs() }
    const done = await this.#putCredential(next)
    if (done.ok && this.#hasExpired(next)) this.#options.dropUser(next.userName)
    return done
  }

  async #removeCredential(id: string): Changed<CredentialRecord> {
    const before = this.#credentials.get(id)
    if (before === undefined) return refused('unknown')
    const written = this.#credentials.remove(id)
    if (written === undefined) return refused('unavailable')
    this.#byName.delete(before.userName)
    this.#options.dropUser(before.userName)
    await written
    return ok(before)
  }

  async #putCredential(kept: KeptCredential): Changed<CredentialRecord> {
    if (this.#living(kept.connectionId) === undefined) return refused('connection-unknown')
    const written = this.#credentials.put(kept.id, kept)
    if (written === undefined) return refused('unavailable')
    this.#byName.set(kept.userName, kept.id)
    await written
    return ok(kept)
  }
}

/** Letters and digits: nothing that a phone's display or a shell would mangle. */
function letters(random: Random, length: number): string {
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'
  return Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('')
}

function applicationOf(connection: KeptConnection): Application {
  return {
    id: connection.id,
    name: connection.name,
    active: connection.active,
    webhookEventUrl: connection.webhookEventUrl,
    webhookEventFailoverUrl: connection.webhookEventFailoverUrl,
    webhookTimeoutSecs: connection.webhookTimeoutSecs,
    numbers: [],
    dtmfType: connection.dtmfType,
    firstCommandTimeout: false,
    firstCommandTimeoutSecs: 30,
    inboundChannelLimit: connection.inboundChannelLimit,
    outboundChannelLimit: connection.outboundChannelLimit,
    tags: connection.tags,
  }
}
