// One invite session (RFC 3261 §13 to §15) as the adapter above drives it: effects come in as methods, requests of the
// peer through `onRequest` and `onAck`, and what the engine must know leaves through `emit`. Each thing a session does
// has its own file; this one only finds the right one, and refuses what does not fit (RFC 3261 §12.2.2).

import { DigestClient } from '../auth/client.ts'
import type { Credentials } from '../auth/client.ts'
import { Dialog, dialogOfRequest } from '../dialog/dialog.ts'
import { cseqOf } from '../dialog/headers.ts'
import { tagOf } from '../message/headers/name-addr.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { Flow, ServerTransaction, ServerTransactionEvents } from '../transaction/types.ts'
import { Acceptor } from './accept.ts'
import { lose, onBye, releaseBye, sendBye } from './bye.ts'
import { ACCEPT, ALLOW, PRODUCT, SUPPORTED } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import { GIVE_UP_MS, SessionCore } from './core.ts'
import type { AttachedSession, Phase, SessionInput, SessionRoom } from './core.ts'
import { onInfo, sendInfo } from './info.ts'
import { Inviter } from './invite.ts'
import type { InviteOptions } from './invite.ts'
import {
  acceptOffer,
  onModifyAck,
  onModifyCancelled,
  onReinvite,
  onUpdate,
  refuseForNow,
  refuseOffer,
} from './modify.ts'
import { Refers } from './refer.ts'
import { savedRequest, withoutFlowId } from './saved.ts'
import type { SavedAccept, SavedAck, SavedInvite, SavedSession } from './saved.ts'
import { probe, resumeSessionTimer } from './session-timer.ts'

/** Requests that may have gone out after the snapshot was taken; gaps in CSeq are legal (RFC 3261 §12.2.1.1). */
const RESTORE_CSEQ_GAP = 100

export class InviteSession implements AttachedSession {
  readonly #core: SessionCore
  readonly #refers: Refers
  #acceptor: Acceptor | undefined
  #inviter: Inviter | undefined
  /** Of a former process: the 2xx that is sent again, and what its own INVITE's 2xx are ACKed with. */
  #owedAccept: SavedAccept | undefined
  #ack: SavedAck | undefined
  /** The peer's last number in a former process, which may not have answered it, or not loudly enough. */
  #repeatable: number | undefined

  private constructor(core: SessionCore) {
    this.#core = core
    this.#refers = new Refers(core)
    core.onEnd = () => core.room.detach(this)
    core.room.attach(this)
  }

  /** Sends an INVITE as soon as its target is known. */
  static invite(
    room: SessionRoom,
    options: InviteOptions,
    emit: (input: SessionInput) => void,
  ): InviteSession {
    const ids = { callId: room.ids.callId(), localTag: room.ids.tag() }
    const session = new InviteSession(new SessionCore(room, 'uac', ids, emit))
    session.#inviter = new Inviter(session.#core, options)
    return session
  }

  /** Takes an initial INVITE in; undefined when no dialog can come of it (400). Nothing is answered yet. */
  static incoming(
    room: SessionRoom,
    transaction: ServerTransaction,
    contact: string,
    emit: (input: SessionInput) => void,
  ): InviteSession | undefined {
    const tag = room.ids.tag()
    const dialog = dialogOfRequest(transaction.request, transaction.flow, { tag, contact })
    if (dialog === undefined) return undefined
    const ids = { callId: dialog.state.callId, localTag: tag }
    const core = new SessionCore(room, 'uas', ids, emit)
    core.dialog = dialog
    const session = new InviteSession(core)
    session.#acceptor = new Acceptor(core, transaction)
    return session
  }

  /**
   * Continues a session that another process, or this one before a restart, held. `resume` goes on with its INVITE when
   * that is still open. Nothing is sent before `recover`.
   */
  static restore(
    room: SessionRoom,
    from: SavedSession,
    resume: (request: SipRequest, flow: Flow, events: ServerTransactionEvents) => ServerTransaction,
    emit: (input: SessionInput) => void,
  ): InviteSession {
    const { callId, localTag, role, source } = from.dialog
    const core = new SessionCore(room, role, { callId, localTag }, emit)
    const flow = source === undefined ? undefined : withoutFlowId(source)
    core.dialog = new Dialog({
      ...from.dialog,
      localCSeq: from.dialog.localCSeq + RESTORE_CSEQ_GAP,
      source: flow,
    })
    const session = new InviteSession(core)
    const isLate = (from.accept?.atMs ?? 0) + GIVE_UP_MS <= room.clock.wallMs()
    if (from.invite !== undefined && flow !== undefined && (from.phase === 'incoming' || !isLate)) {
      const events = { onCancel: () => session.onCancel() }
      const transaction = resume(savedRequest(from.invite), flow, events)
      session.#acceptor = new Acceptor(core, transaction)
      session.#owedAccept = from.accept
      if (from.accept !== undefined) session.#acceptor.promise(from.accept, from.accept.atMs)
      return session
    }
    core.phase = from.phase === 'incoming' ? 'confirmed' : from.phase
    // An ACK that was lost is not missed any more: the probe tells whether the caller is there.
    if (role === 'uas') core.phase = 'confirmed'
    core.peerAllows = new Set(from.peerAllows)
    core.offers.restore(from.localSdp, from.remoteSdp)
    session.#ack = from.ack
    session.#repeatable = from.dialog.remoteCSeq
    if (from.terms !== undefined) resumeSessionTimer(core, from.terms, from.termsAtMs)
    return session
  }

  /** After `restore`, when the sockets are bound: what the peer may have missed. */
  recover(): void {
    const core = this.#core
    if (this.#owedAccept !== undefined) this.accept(this.#owedAccept.sdp, this.#owedAccept.headers)
    this.#owedAccept = undefined
    if (core.phase !== 'answered' || core.role !== 'uac') return
    core.phase = 'confirmed'
    this.#sendAck()
  }

  /** A 2xx of our INVITE again, which no transaction knows any more; false when it is not this dialog's. */
  onRepeated2xx(response: SipResponse): boolean {
    const { dialog } = this.#core
    const tag = tagOf(response.headers.first('To')) ?? ''
    if (this.#ack === undefined || dialog?.state.remoteTag !== tag) return false
    this.#sendAck()
    return true
  }

  #sendAck(): void {
    const core = this.#core
    const { dialog } = core
    if (this.#ack === undefined || dialog === undefined) return
    const { cseq, credentials } = this.#ack
    const parts = dialog.ack(cseq, [...credentials, ['User-Agent', PRODUCT]])
    core.deliver(dialog, parts, (destination) => {
      if (destination !== undefined) core.room.layer.sendAck(parts, destination)
    })
  }

  get phase(): Phase {
    return this.#core.phase
  }

  get callId(): string {
    return this.#core.callId
  }

  get localTag(): string {
    return this.#core.localTag
  }

  /** Undefined while our own INVITE has no answer, and after the end. */
  save(): SavedSession | undefined {
    const core = this.#core
    const { dialog, phase, offers } = core
    if (dialog === undefined || phase === 'calling' || phase === 'ended') return undefined
    const open = this.#acceptor?.save()
    return {
      phase: phase === 'leaving' ? 'confirmed' : open?.accept === undefined ? phase : 'answered',
      dialog: dialog.snapshot(),
      localSdp: offers.local ?? open?.accept?.sdp,
      remoteSdp: offers.remote ?? open?.offer,
      peerAllows: [...core.peerAllows],
      terms: core.terms,
      termsAtMs: core.termsAtMs,
      invite: open?.invite,
      accept: open?.accept,
      ack: this.#inviter?.saveAck() ?? this.#ack,
    }
  }

  /** Our INVITE while it has no final response. */
  saveInvite(): SavedInvite | undefined {
    return this.#core.phase === 'calling' ? this.#inviter?.save() : undefined
  }

  /** `accept` with these follows as soon as it is on disk that it does. */
  promise(sdp: string, headers: Headers): void {
    this.#acceptor?.promise({ sdp, headers })
  }

  /** Whether it has an answer of ours or its peer's. */
  get isUp(): boolean {
    return (
      this.#core.established || this.#core.phase === 'leaving' || this.#owedAccept !== undefined
    )
  }

  get remoteSdp(): string | undefined {
    return this.#core.offers.remote ?? this.#acceptor?.save()?.offer
  }

  get remoteTarget(): string | undefined {
    return this.#core.dialog?.state.remoteTarget
  }

  probe(): void {
    probe(this.#core)
  }

  ring(): void {
    this.#acceptor?.ring()
  }

  progress(sdp: string): void {
    this.#acceptor?.progress(sdp)
  }

  refuse(status: number, headers: Headers): void {
    this.#acceptor?.refuse(status, headers)
  }

  accept(sdp: string, headers: Headers): void {
    this.#acceptor?.accept(sdp, headers)
  }

  /** Gives an INVITE of ours up; when its 2xx has come already, the call is ended instead. */
  cancel(): void {
    if (this.#core.phase === 'calling') this.#inviter?.cancel()
    else if (this.#core.established) this.bye([])
  }

  confirm(): void {
    this.#inviter?.confirm()
  }

  bye(headers: Headers): void {
    switch (this.#core.phase) {
      case 'calling':
        this.#inviter?.cancel()
        return
      case 'incoming':
        this.#acceptor?.refuse(480, headers)
        return
      case 'answered':
      case 'confirmed':
        // Every 2xx is ACKed, also one whose call ends at once.
        this.#inviter?.confirm()
        sendBye(this.#core, headers)
        return
      case 'leaving':
      case 'ended':
        return
    }
  }

  acceptOffer(sdp: string): void {
    acceptOffer(this.#core, sdp)
  }

  refuseOffer(status: number): void {
    refuseOffer(this.#core, status)
  }

  refer(target: string, headers: Headers, credentials: Credentials | undefined): void {
    if (credentials !== undefined)
      this.#core.auth = new DigestClient(credentials, this.#core.room.random)
    this.#refers.send(target, headers)
  }

  acceptRefer(): void {
    this.#refers.accept()
  }

  refuseRefer(status: number): void {
    this.#refers.refuse(status)
  }

  notifyRefer(status: number): void {
    this.#refers.notify(status)
  }

  sendDtmf(digit: string, durationMs: number): void {
    sendInfo(this.#core, { digit, durationMs })
  }

  fail(): void {
    lose(this.#core, 'dialog-gone', 500, this.#core.established)
  }

  /** The stack stops: forget everything, tell nobody. */
  abandon(): void {
    this.#core.mute()
    this.#core.end()
  }

  /** CANCEL of the initial INVITE. */
  onCancel(): void {
    this.#acceptor?.onCancel()
  }

  onAck(ack: SipRequest): void {
    this.#core.room.changed()
    if (this.#acceptor?.onAck(ack) === true) return
    if (this.#core.phase === 'leaving') releaseBye(this.#core)
    onModifyAck(this.#core, ack)
  }

  /** A request within the dialog. */
  onRequest(transaction: ServerTransaction): ServerTransactionEvents {
    const events = this.#onRequest(transaction)
    this.#core.flowSeen(transaction.flow)
    this.#core.room.changed()
    return events
  }

  #onRequest(transaction: ServerTransaction): ServerTransactionEvents {
    const core = this.#core
    const { request } = transaction
    const remoteTag = tagOf(request.headers.first('From')) ?? ''
    const dialog = this.#dialogOf(remoteTag)
    if (dialog === undefined) {
      transaction.respond({ status: 481, headers: [] })
      return {}
    }
    // A BYE that a later request has overtaken, when its first copy was lost: whatever it is answered, its sender has no
    // dialog any more (RFC 3261 §15.1.1), so a refusal for its number (§12.2.2) would leave a call that nobody is in.
    if (!dialog.acceptSequence(request) && request.method !== 'BYE' && !this.#isRepeat(request)) {
      transaction.respond({ status: 500, reason: 'CSeq Out Of Order', headers: [] })
      return {}
    }
    if (request.method === 'BYE') {
      this.#onBye(transaction)
      return {}
    }
    if (core.phase === 'leaving') {
      transaction.respond({ status: 481, headers: [] })
      return {}
    }
    return this.#dispatch(transaction)
  }

  /**
   * A description that its sender repeats because the process that took it ended: no transaction knows it any more. It is
   * answered, once; taking the same description twice changes nothing. A key press would be two.
   */
  #isRepeat({ method, headers }: SipRequest): boolean {
    if (method !== 'INVITE' && method !== 'UPDATE') return false
    const number = cseqOf(headers)?.number
    if (number === undefined || number !== this.#repeatable) return false
    this.#repeatable = undefined
    return true
  }

  #dispatch(transaction: ServerTransaction): ServerTransactionEvents {
    const core = this.#core
    const { request } = transaction
    switch (request.method) {
      case 'INVITE':
      case 'UPDATE':
        if (request.method === 'UPDATE') onUpdate(core, transaction)
        else onReinvite(core, transaction)
        return { onCancel: () => onModifyCancelled(core, transaction) }
      case 'PRACK':
        if (this.#acceptor === undefined) transaction.respond({ status: 481, headers: [] })
        else this.#acceptor.onPrack(transaction)
        return {}
      case 'INFO':
        onInfo(core, transaction)
        return {}
      case 'REFER':
        if (core.established) this.#refers.onRefer(transaction)
        else refuseForNow(core, transaction)
        return {}
      case 'NOTIFY':
        this.#refers.onNotify(transaction)
        return {}
      case 'OPTIONS':
        transaction.respond({ status: 200, headers: optionsHeaders })
        return {}
      default:
        transaction.respond({ status: 405, headers: [['Allow', ALLOW]] })
        return {}
    }
  }

  #dialogOf(remoteTag: string): Dialog | undefined {
    const { dialog } = this.#core
    if (dialog !== undefined) return dialog.state.remoteTag === remoteTag ? dialog : undefined
    return this.#inviter?.earlyDialog(remoteTag)
  }

  #onBye(transaction: ServerTransaction): void {
    switch (this.#core.phase) {
      case 'incoming':
        this.#acceptor?.onEarlyBye(transaction)
        return
      case 'calling':
        // RFC 3261 §15: a callee may not end an early dialog with BYE.
        transaction.respond({ status: 481, headers: [] })
        return
      case 'answered':
      case 'confirmed':
      case 'leaving':
      case 'ended':
        onBye(this.#core, transaction)
        return
    }
  }
}

/** What a 200 to OPTIONS says (RFC 3261 §11.2). */
export const optionsHeaders: Headers = [
  ['Allow', ALLOW],
  ['Accept', ACCEPT],
  ['Supported', SUPPORTED],
  ['Accept-Encoding', 'identity'],
  ['Accept-Language', 'en'],
]
