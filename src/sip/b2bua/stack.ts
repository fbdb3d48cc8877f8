// The SIP rooms as one part behind the signaling port: finds the session or the service of every request, knows which
// session is which leg, and hands inputs up one at a time. Order on arrival: a request with a To tag belongs to a dialog
// of ours or gets 481; OPTIONS, REGISTER and INVITE start something; nothing else may.

import { ChangedRows } from '../../base/changed-rows.ts'
import type { ChangedRow } from '../../base/changed-rows.ts'
import { brandAs } from '../../base/ids.ts'
import type { LegId, LegUuid, SessionId } from '../../base/ids.ts'
import type { DurableSignaling, RestoredDialog, StoredRow } from '../../ports/durable.ts'
import type { Signaling, SignalingEffect, SignalingInput } from '../../ports/signaling.ts'
import type { RegistrationView, TrunkView } from '../../ports/sip-setup.ts'
import type { StateChange, StateTable } from '../../ports/store.ts'
import { Nonces } from '../auth/nonce.ts'
import { DigestServer } from '../auth/server.ts'
import { contactUri } from '../dialog/headers.ts'
import { OwnIds } from '../dialog/own-ids.ts'
import { tagOf } from '../message/headers/name-addr.ts'
import type { ResponseParts, SipRequest, SipResponse } from '../message/types.ts'
import { ackAndBye } from '../session/ack.ts'
import { sdpOf } from '../session/body.ts'
import { customHeadersOf, wellKnownHeadersOf } from '../session/capabilities.ts'
import type { Headers } from '../session/capabilities.ts'
import type { AttachedSession, SessionInput, SessionRoom } from '../session/core.ts'
import { InviteSession, optionsHeaders } from '../session/invite-session.ts'
import {
  isIntervalTooSmall,
  MIN_SE_SECS,
  SESSION_EXPIRES_DEFAULT_SECS,
} from '../session/timer-rules.ts'
import type { SavedInvite, SavedSession } from '../session/saved.ts'
import { Doorman } from '../transport/doorman.ts'
import { createTransactionLayer } from '../transaction/layer.ts'
import type { SipTransactions } from '../transaction/layer.ts'
import type {
  Destination,
  Flow,
  ServerTransaction,
  ServerTransactionEvents,
  TransactionUser,
} from '../transaction/types.ts'
import { createFence, type Fence } from '../transport/fence.ts'
import type { Binding } from './bindings.ts'
import type { SipStack, SipStackOptions } from './config.ts'
import { DanglingInvites } from './dangling.ts'
import { performOn } from './effects.ts'
import { Fork } from './fork.ts'
import { judgeCaller, readCaller, replacesRefusal } from './inbound.ts'
import { Locator } from './locator.ts'
import { Neighbours } from './neighbours.ts'
import { planInvite } from './outbound.ts'
import type { InviteEffect, OutboundRoom } from './outbound.ts'
import { outgoingHeaders } from './outgoing-headers.ts'
import { Registrar, sameContact } from './registrar.ts'
import { answerToStranger, refuseCaller } from './strangers.ts'
import { TrunkProbes } from './trunk-probes.ts'

/** Length of the random part of a leg id: 54 characters of the url-safe alphabet, 324 bits. */
const LEG_ID_CHARACTERS = 54

/** The SIP stack over the given ports; nothing is bound before `start`. */
export function createSipStack(options: SipStackOptions): SipStack {
  return new Stack(options)
}

interface Leg {
  readonly via: InviteSession | Fork
  /** Living sessions of the leg: the entry goes with the last. */
  readonly sessions: Set<AttachedSession>
}

class Stack implements SipStack, TransactionUser {
  readonly signaling: Signaling
  readonly durable: DurableSignaling = {
    takeChanges: (promised) => this.#takeChanges(promised),
    onChange: (listener) => {
      this.#dialogs.onChange(listener)
      this.#registrations.onChange(listener)
    },
    restore: (rows) => this.#restore(rows),
  }
  readonly #options: SipStackOptions
  readonly #fence: Fence
  readonly #layer: SipTransactions
  readonly #ids: OwnIds
  readonly #digest: DigestServer
  readonly #doorman: Doorman
  readonly #neighbours: Neighbours
  readonly #locator: Locator
  readonly #registrar: Registrar
  readonly #outbound: OutboundRoom
  readonly #probes: TrunkProbes
  /** By Call-ID and local tag. */
  readonly #sessions = new Map<string, AttachedSession>()
  readonly #legs = new Map<LegId, Leg>()
  /** Inputs that came up while an effect was performed: the engine takes one thing at a time. */
  readonly #waiting: SignalingInput[] = []
  #performing = 0
  #life: 'new' | 'running' | 'stopped' = 'new'
  /** Effects that came before `start`. */
  readonly #early: SignalingEffect[] = []
  readonly #dialogs = new ChangedRows((id) => this.#dialogRow(brandAs<LegId>(id)))
  readonly #registrations = new ChangedRows((username) => this.#registrar.saved(username))
  readonly #dangling = new Map<LegId, DanglingInvites>()
  /** Calls without a connection that wait for their peer to register. */
  readonly #awaited = new Set<AwaitedFlow>()

  constructor(given: SipStackOptions) {
    this.#fence = createFence(given)
    // Whatever the deadline of one session or transaction breaks, the others go on.
    const options = { ...given, timers: this.#fence.timers(given.timers) }
    this.#options = options
    const { config, clock, random } = options
    this.#ids = new OwnIds(random, config.secret)
    const nonces = new Nonces({ clock, random, secret: config.secret })
    const { digestAlgorithms, domain } = config
    this.#digest = new DigestServer(domain, config.users, nonces, digestAlgorithms, options.users)
    const transports = config.transports.map((one) =>
      one === 'udp' ? ('UDP' as const) : ('TCP' as const),
    )
    this.#doorman = new Doorman({
      clock,
      metrics: options.metrics,
      isTrusted: (address) =>
        this.#neighbours.isOpen(address) || this.#neighbours.trunkFrom(address) !== undefined,
      ...(config.strangers && { limits: config.strangers }),
    })
    this.#layer = createTransactionLayer({
      ...options,
      user: this,
      config: {
        ...config.transactions,
        doorman: this.#doorman,
        host: config.host,
        port: config.port,
        transports,
        advertise: config.advertise === '' ? undefined : config.advertise,
      },
    })
    const ownAddress = (): { host: string; port: number } => this.#layer.localAddressFor(anywhere)
    this.#neighbours = new Neighbours(
      config,
      (username) => this.#digest.knows(username),
      ownAddress,
    )
    this.#locator = new Locator(options.resolver, transports, this.#fence)
    this.#probes = new TrunkProbes({
      ...{ trunks: config.trunks, domain, clock, random, timers: options.timers },
      layer: this.#layer,
      locate: (uri, done) => this.#locator.locate(uri, undefined, done),
    })
    this.#registrar = new Registrar({
      clock,
      digest: this.#digest,
      doorman: this.#doorman,
      isOurs: (uri) => this.#neighbours.isOurs(uri),
      changed: (username, uris, flow) => this.#registered(username, uris, flow),
    })
    this.#outbound = {
      neighbours: this.#neighbours,
      locator: this.#locator,
      metrics: options.metrics,
      domain: config.domain,
      contactsOf: (username) => this.#registrar.contactsOf(username),
      ownAddress,
      contactFor: (destination) => this.#contactFor(destination),
    }
    this.signaling = {
      perform: (effect) => this.#perform(effect),
      checkDestination: (to) => {
        const way = this.#neighbours.wayTo(to)
        return typeof way === 'string' ? way : undefined
      },
      trunkNumber: (to) => {
        const way = this.#neighbours.wayTo(to)
        return typeof way !== 'string' && way.kind === 'trunk' ? way.user : undefined
      },
    }
  }

  async start(): Promise<{ readonly address: string; readonly port: number }> {
    await this.#layer.start()
    const { local } = this.#layer
    if (local === undefined) throw new Error('SIP stopped while starting')
    this.#life = 'running'
    this.#recover()
    this.#probes.start()
    return local
  }

  stop(): void {
    this.#life = 'stopped'
    this.#probes.stop()
    this.#layer.stop()
    for (const leg of [...this.#legs.values()]) {
      for (const session of [...leg.sessions])
        if (session instanceof InviteSession) session.abandon()
    }
  }

  get size(): number {
    return this.#sessions.size + this.#legs.size + this.#layer.size
  }

  dropUser(username: string): void {
    this.#registrar.forget(username)
    this.#registrations.touch(username)
  }

  registeredUsers(): number {
    return this.#registrar.registeredUsers()
  }

  registrations(): readonly RegistrationView[] {
    return this.#registrar.registrations()
  }

  trunks(): readonly TrunkView[] {
    return this.#probes.views()
  }

  #takeChanges(promised: readonly SignalingEffect[]): readonly StateChange[] {
    for (const effect of promised) {
      const via = effect.kind === 'accept' ? this.#legs.get(effect.legId)?.via : undefined
      if (effect.kind === 'accept' && via instanceof InviteSession)
        via.promise(effect.sdp, outgoingHeaders(effect.headers, this.#options.metrics))
    }
    return [
      ...changesOf('dialog', this.#dialogs.take()),
      ...changesOf('registration', this.#registrations.take()),
    ]
  }

  #dialogRow(legId: LegId): DialogRow | undefined {
    const via = this.#legs.get(legId)?.via
    if (via === undefined) {
      const invites = this.#dangling.get(legId)?.invites
      return invites && { invites }
    }
    const session = (via instanceof Fork ? via.winner : via)?.save()
    if (session !== undefined) return { session }
    const invites = via instanceof Fork ? via.saveInvites() : []
    return invites.length === 0 ? undefined : { invites }
  }

  #restore(rows: readonly StoredRow[]): readonly RestoredDialog[] {
    const restored: RestoredDialog[] = []
    for (const { table, id, row } of rows) {
      // Rows are our own JSON, written by `#dialogRow` and the registrar.
      if (table === 'registration') {
        const bindings = row as readonly Binding[]
        this.#registrar.restore(id, bindings)
        for (const { flow } of bindings) this.#doorman.befriend(flow.remoteAddress)
        this.#registrations.adopt(id, row)
        this.#registrations.touch(id)
      } else if (table === 'dialog') {
        this.#dialogs.adopt(id, row)
        restored.push(this.#restoreDialog(brandAs<LegId>(id), row as DialogRow))
      }
    }
    return restored
  }

  #restoreDialog(legId: LegId, row: DialogRow): RestoredDialog {
    if ('invites' in row) {
      this.#dangling.set(legId, new DanglingInvites(row.invites))
      return { legId, at: 'dialing', remoteSdp: undefined }
    }
    const { room, sessions } = this.#roomOf(legId)
    const via = InviteSession.restore(
      room,
      row.session,
      (request, flow, events) => this.#layer.resumeServer(request, flow, events),
      (input) => this.#emit(legId, input),
    )
    this.#legs.set(legId, { via, sessions })
    return { legId, at: via.isUp ? 'up' : 'ringing-in', remoteSdp: via.remoteSdp }
  }

  /** What peers may have missed of a former process, then the effects that were decided before the sockets were bound. */
  #recover(): void {
    this.#performing += 1
    for (const { via } of [...this.#legs.values()]) if (via instanceof InviteSession) via.recover()
    for (const [legId, dangling] of [...this.#dangling]) {
      dangling.cancel(this.#layer, this.#roomOf(undefined).room, () => {
        this.#dangling.delete(legId)
        this.#dialogs.touch(legId)
      })
    }
    this.#performing -= 1
    for (const effect of this.#early.splice(0)) this.#perform(effect)
  }

  #registered(username: string, uris: readonly string[], flow: Flow): void {
    this.#registrations.touch(username)
    if (flow.connectionId === undefined) return
    for (const { target, reached } of [...this.#awaited]) {
      if (uris.some((uri) => sameContact(uri, target()))) reached(flow)
    }
  }

  isInDialog({ headers }: SipRequest): boolean {
    const toTag = tagOf(headers.first('To'))
    return toTag !== undefined && this.#sessions.has(keyOf(headers.first('Call-ID') ?? '', toTag))
  }

  answerToStranger(request: SipRequest, flow: Flow): ResponseParts | undefined {
    return answerToStranger(request, flow, {
      digest: this.#digest,
      neighbours: this.#neighbours,
      registrar: this.#registrar,
    })
  }

  onRequest(transaction: ServerTransaction): ServerTransactionEvents {
    const { request } = transaction
    const { headers } = request
    const toTag = tagOf(headers.first('To'))
    if (toTag !== undefined) {
      const session = this.#sessions.get(keyOf(headers.first('Call-ID') ?? '', toTag))
      if (session !== undefined) return takeRequest(session, transaction)
      transaction.respond({ status: 481, headers: [] })
      return {}
    }
    switch (request.method) {
      case 'INVITE':
        return this.#onInvite(transaction)
      case 'REGISTER':
        this.#registrar.onRegister(transaction)
        return {}
      case 'OPTIONS':
        transaction.respond({ status: 200, headers: optionsHeaders })
        return {}
      default:
        // BYE, INFO, UPDATE, PRACK, REFER and NOTIFY live in dialogs only.
        transaction.respond({ status: 481, headers: [] })
        return {}
    }
  }

  onAck(ack: SipRequest): void {
    const key = keyOf(ack.headers.first('Call-ID') ?? '', tagOf(ack.headers.first('To')) ?? '')
    this.#sessions.get(key)?.onAck(ack)
  }

  /** A call that we forgot, over a restart perhaps: if it carries our signature it is ended, so that no ghost stays up. */
  onStray2xx(response: SipResponse, flow: Flow): void {
    const { headers } = response
    const fromTag = tagOf(headers.first('From')) ?? ''
    const known = this.#sessions.get(keyOf(headers.first('Call-ID') ?? '', fromTag))
    if (known instanceof InviteSession && known.onRepeated2xx(response)) return
    const own = this.#ids.isOwnTag(fromTag)
    if (!own || !this.#ids.isOwnCallId(headers.first('Call-ID') ?? '')) return
    this.#options.metrics.count('holdfast_sip_stray_answers_total')
    const host = flow.remoteAddress.includes(':') ? `[${flow.remoteAddress}]` : flow.remoteAddress
    const uri = contactUri(headers) ?? `sip:${host}:${flow.remotePort}`
    const parts = { method: 'INVITE', uri, headers: [] }
    const { transport, remoteAddress, remotePort } = flow
    const place = { transport, address: remoteAddress, port: remotePort }
    const sentTo = transport === 'TCP' ? { ...place, flow } : place
    ackAndBye(this.#roomOf(undefined).room, parts, response, sentTo)
  }

  onFlowClosed(flow: Flow): void {
    if (flow.connectionId !== undefined) this.#registrar.flowClosed(flow.connectionId)
  }

  #onInvite(transaction: ServerTransaction): ServerTransactionEvents {
    const { request, flow } = transaction
    const answer = (status: number, headers: Headers = []): ServerTransactionEvents => {
      transaction.respond({ status, headers })
      return {}
    }
    const entry = judgeCaller(request, flow, this.#digest, this.#neighbours)
    if (entry.kind === 'challenge' && entry.failed) this.#doorman.failedLogin(flow.remoteAddress)
    if (entry.kind !== 'let-in') {
      transaction.respond(refuseCaller(entry, this.#digest))
      return {}
    }
    this.#doorman.befriend(flow.remoteAddress)
    const replaces = replacesRefusal(request, (callId, tag) => this.#isConfirmed(callId, tag))
    if (replaces !== undefined) return answer(replaces)
    if (isIntervalTooSmall(request.headers)) return answer(422, [['Min-SE', String(MIN_SE_SECS)]])
    const busy = this.#options.admit()
    if (busy !== undefined)
      return answer(503, [['Retry-After', String(Math.max(1, Math.ceil(busy.retryAfterSecs)))]])
    const legId = brandAs<LegId>(`v3:${this.#options.random.token(LEG_ID_CHARACTERS)}`)
    const { room, sessions } = this.#roomOf(legId)
    const session = InviteSession.incoming(
      room,
      transaction,
      this.#contactFor(destinationOf(flow)),
      (input) => this.#emit(legId, input),
    )
    if (session === undefined) {
      transaction.respond({ status: 400, reason: 'Missing Or Bad Contact', headers: [] })
      return {}
    }
    this.#legs.set(legId, { via: session, sessions })
    this.#deliver({
      kind: 'incoming-call',
      legId,
      legUuid: brandAs<LegUuid>(this.#options.random.uuid()),
      sessionId: brandAs<SessionId>(this.#options.random.uuid()),
      ...readCaller(request),
      source: entry.source,
      sdp: sdpOf(request),
      customHeaders: customHeadersOf(request.headers),
      sipHeaders: wellKnownHeadersOf(request.headers),
    })
    return { onCancel: () => session.onCancel() }
  }

  #perform(effect: SignalingEffect): void {
    if (this.#life === 'new') {
      this.#early.push(effect)
      return
    }
    this.#performing += 1
    try {
      if (effect.kind === 'invite') return this.#invite(effect)
      const leg = this.#legs.get(effect.legId)
      if (leg === undefined) {
        this.#options.metrics.count('holdfast_sip_late_effects_total', { effect: effect.kind })
        return
      }
      const session = leg.via instanceof Fork ? leg.via.winner : leg.via
      // Before a branch has won there is nothing to do to a fork but to give it up.
      if (session === undefined) {
        if (leg.via instanceof Fork && (effect.kind === 'cancel' || effect.kind === 'bye'))
          leg.via.cancel()
        return
      }
      const room = { metrics: this.#options.metrics, domain: this.#options.config.domain }
      performOn(session, effect, room, (input) => this.#emit(effect.legId, input))
      this.#dialogs.touch(effect.legId)
    } finally {
      this.#performing -= 1
    }
  }

  #invite(effect: InviteEffect): void {
    const { legId } = effect
    const plans = planInvite(effect, this.#outbound)
    if ('status' in plans) {
      return this.#emit(legId, { kind: 'leg-refused', ...plans, unheard: plans.status === 0 })
    }
    const { room, sessions } = this.#roomOf(legId)
    const fork = new Fork((input) => this.#emit(legId, input))
    this.#legs.set(legId, { via: fork, sessions })
    fork.start(plans.map((plan) => (emit) => InviteSession.invite(room, plan, emit)))
    // A branch that failed at once may have taken the entry with it before the next one began.
    if (sessions.size > 0) this.#legs.set(legId, { via: fork, sessions })
    this.#dialogs.touch(legId)
  }

  #emit(legId: LegId, input: SessionInput): void {
    this.#deliver({ ...input, legId })
  }

  #deliver(input: SignalingInput): void {
    if (this.#performing === 0 && this.#waiting.length === 0) return this.#options.deliver(input)
    this.#waiting.push(input)
    if (this.#waiting.length > 1) return
    this.#options.timers.soon(() => {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#options.deliver(next)
      }
    })
  }

  #isConfirmed(callId: string, localTag: string): boolean {
    const session = this.#sessions.get(keyOf(callId, localTag))
    return session instanceof InviteSession && session.phase === 'confirmed'
  }

  #contactFor(destination: Destination): string {
    const { host, port } = this.#layer.localAddressFor(destination)
    return `<sip:holdfast@${host}:${port}${destination.transport === 'TCP' ? ';transport=tcp' : ''}>`
  }

  /** What the sessions of one leg see of the stack; the leg's entry dies with its last session. */
  #roomOf(legId: LegId | undefined): {
    readonly room: SessionRoom
    readonly sessions: Set<AttachedSession>
  } {
    const sessions = new Set<AttachedSession>()
    const { timers, clock, random, log, metrics } = this.#options
    // The end of the process is no end of a call.
    const changed = (): void => {
      if (legId !== undefined && this.#life !== 'stopped') this.#dialogs.touch(legId)
    }
    const room: SessionRoom = {
      layer: this.#layer,
      timers,
      clock,
      random,
      ids: this.#ids,
      log,
      metrics,
      changed,
      flowWaitMs: (this.#options.config.flowWaitSecs ?? FLOW_WAIT_DEFAULT_SECS) * 1000,
      connectionTo: (target) => this.#registrar.connectionTo(target),
      awaitFlow: (target, reached) => {
        const awaited = { target, reached }
        this.#awaited.add(awaited)
        return () => this.#awaited.delete(awaited)
      },
      sessionExpiresSecs: this.#options.config.sessionExpiresSecs ?? SESSION_EXPIRES_DEFAULT_SECS,
      locate: (uri, transport, done) =>
        this.#locator.locate(uri, transport, (found) => done(found[0])),
      attach: (session) => {
        sessions.add(session)
        if (legId !== undefined) this.#options.observer?.dialog(session.callId, legId)
        this.#sessions.set(keyOf(session.callId, session.localTag), session)
        changed()
      },
      detach: (session) => {
        sessions.delete(session)
        this.#sessions.delete(keyOf(session.callId, session.localTag))
        changed()
        if (sessions.size === 0 && legId !== undefined) this.#legs.delete(legId)
      },
    }
    return { room, sessions }
  }
}

/** The row of a leg: its established or incoming session, or the INVITEs that ring for it. */
type DialogRow = { readonly session: SavedSession } | { readonly invites: readonly SavedInvite[] }

interface AwaitedFlow {
  readonly target: () => string
  readonly reached: (flow: Flow) => void
}

const FLOW_WAIT_DEFAULT_SECS = 90

function changesOf(table: StateTable, rows: readonly ChangedRow[]): readonly StateChange[] {
  return rows.map(({ id, row }) =>
    row === undefined ? { kind: 'delete', table, id } : { kind: 'put', table, id, row },
  )
}

/** A bug met inside one session ends that call; the fence around us reports it and answers 500. */
function takeRequest(
  session: AttachedSession,
  transaction: ServerTransaction,
): ServerTransactionEvents {
  try {
    return session.onRequest(transaction)
  } catch (error) {
    session.fail()
    throw error
  }
}

const anywhere: Destination = { transport: 'UDP', address: '', port: 0 }

function keyOf(callId: string, localTag: string): string {
  return `${localTag} ${callId}`
}

function destinationOf(flow: Flow): Destination {
  return { transport: flow.transport, address: flow.remoteAddress, port: flow.remotePort, flow }
}
