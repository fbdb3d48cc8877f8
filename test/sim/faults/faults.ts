// Faults that people make, as patches of the source: each breaks a promise, and the simulator must find it. A fault that
// no seed finds is a hole in the checkers. `npm run sim -- --faults` runs them all.

export interface Fault {
  readonly what: string
  /** The first seed that found it when it was written down; it moves with the simulator's own code. */
  readonly seed: number
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly search: string
  readonly replace: string
}

export const faults: readonly Fault[] = [
  {
    what: 'effects leave before the commit is on disk',
    seed: 1,
    file: 'src/engine/release-order.ts',
    search: 'ready: committed === undefined',
    replace: 'ready: true || committed === undefined',
  },
  {
    what: 'bridges are not put together again after a crash',
    seed: 39,
    file: 'src/engine/inputs/restore.ts',
    search: '  rejoinBridges(ctx, legs)',
    replace: '  if (legs.length < 0) rejoinBridges(ctx, legs)',
  },
  {
    what: 'bridged legs are not linked again after a crash',
    seed: 52,
    file: 'src/engine/former-calls.ts',
    search: '    this.#rejoin(ctx, leg)\n',
    replace: '    if (leg.order < 0) this.#rejoin(ctx, leg)\n',
  },
  {
    what: 'a waiting caller of a former process is parked',
    seed: 1,
    file: 'src/engine/inputs/restore.ts',
    search: 'if (entry !== undefined && entry.alive) leg.state',
    replace: 'if (entry !== undefined && !entry.alive) leg.state',
  },
  {
    what: 'answered calls without a new offer do not go on after a crash',
    seed: 1,
    file: 'src/engine/former-calls.ts',
    search: "?.at === 'up' && this.#media.has(leg.legId)",
    replace: "?.at === 'up' && leg.held && this.#media.has(leg.legId)",
  },
  {
    what: 'restored legs are never asked whether they are there',
    seed: 273,
    file: 'src/engine/former-calls.ts',
    search: "    ctx.arm('probe', legId,",
    replace: "    if (count < 0) ctx.arm('probe', legId,",
  },
  {
    what: 'stray dialogs of a former process are forgotten',
    seed: 12,
    file: 'src/engine/inputs/restore.ts',
    search: '  former.dismissStrays(',
    replace: '  if (legs.length < 0) former.dismissStrays(',
  },
  {
    what: 'event numbers begin again after a crash',
    seed: 1,
    file: 'src/engine/driver.ts',
    search: 'this.#sequence = rows.lastSequence',
    replace: 'this.#sequence = 0',
  },
  {
    what: 'owed webhooks of a former process are not read',
    seed: 1,
    file: 'src/webhooks/outbox.ts',
    search: 'for (const owed of await this.#options.store.owedDeliveries()) {',
    replace: 'for (const owed of (await this.#options.store.owedDeliveries()).slice(0, 0)) {',
  },
  {
    what: 'stored answers are not read at a start',
    seed: 124,
    file: 'src/engine/inputs/restore.ts',
    search: "    if (table === 'answer') restoreAnswer(",
    replace: "    if (table === 'answer' && row === null) restoreAnswer(",
  },
  {
    what: 'an entry that leaves is not written down',
    seed: 1,
    file: 'src/store/order/queue-book.ts',
    search: 'return { legId, entry: entry && placedOf(entry) }\n    })',
    replace:
      'return { legId, entry: entry && placedOf(entry) }\n    }).filter(({ entry }) => entry !== undefined)',
  },
  {
    what: 'the line is read from behind at a start',
    seed: 39,
    file: 'src/store/sqlite/sqlite-store.ts',
    search: 'this.#book.restore(live.queues, live.entries)',
    replace: 'this.#book.restore(live.queues, [...live.entries].reverse())',
  },
  {
    what: 'the second in line is claimed',
    seed: 5,
    file: 'src/store/order/queue-book.ts',
    search: 'first?.facts.legId === verb.issuer ? line?.at(2) : first',
    replace: 'line?.at(2) ?? first',
  },
  {
    what: 'a full queue takes one more',
    seed: 101,
    file: 'src/store/order/queue-book.ts',
    search: 'present.line.size >= present.maxSize',
    replace: 'present.line.size > present.maxSize',
  },
  {
    what: 'a leg that ends does not ask the store for its place',
    seed: 2,
    file: 'src/engine/end-leg.ts',
    search: "if (leg.state.at !== 'queued') {\n    finishEnd",
    replace: "if (leg.state.at !== 'dialing' || leg.told) {\n    finishEnd",
  },
  {
    what: 'commands do not cancel what was intended with the leg',
    seed: 3,
    file: 'src/engine/commands/enqueue.ts',
    search: '  cancelIntents(ctx, leg)\n',
    replace: '  if (!leg.told) cancelIntents(ctx, leg)\n',
  },
  {
    what: 'a repeated command is carried out again',
    seed: 2,
    file: 'src/engine/answers.ts',
    search: '  if (record === undefined) return false\n',
    replace: "  if (record?.at !== 'running') return false\n",
  },
  {
    what: 'the peer of a leg that ends is left alone',
    seed: 1,
    file: 'src/engine/memberships.ts',
    search: "released.fate !== 'hang-up') return",
    replace: "released.fate !== 'hold') return",
  },
  {
    what: 'bridged under music',
    seed: 1,
    file: 'src/engine/make-bridge.ts',
    search: "  stopAudio(ctx, other, 'cancelled')\n",
    replace: '',
  },
  {
    what: 'a leg of a bridge is not unlinked',
    seed: 14,
    file: 'src/engine/memberships.ts',
    search: "  ctx.media({ kind: 'unlink', a: bridge.issuer, b: bridge.other })\n",
    replace: '',
  },
  {
    what: 'an unknown outcome is taken for a refusal',
    seed: 10,
    file: 'src/engine/claims.ts',
    search: "  if (outcome.kind === 'unknown') {\n",
    replace:
      "  if (outcome.kind === 'unknown') outcome = { kind: 'refused', why: 'not-queued' }\n  if (outcome.kind === 'unknown') {\n",
  },
  {
    what: 'CSeq begins again after a crash',
    seed: 346,
    file: 'src/sip/session/invite-session.ts',
    search: 'localCSeq: from.dialog.localCSeq + RESTORE_CSEQ_GAP',
    replace: 'localCSeq: 0',
  },
  {
    what: 'a 200 without its ACK is not sent again after a crash',
    seed: 80,
    file: 'src/sip/session/invite-session.ts',
    search:
      '    if (this.#owedAccept !== undefined) this.accept(this.#owedAccept.sdp, this.#owedAccept.headers)\n',
    replace: '',
  },
  {
    what: 'the media of a leg that ends is not released',
    seed: 1,
    file: 'src/engine/end-leg.ts',
    search:
      "  ctx.media({ kind: 'release', legId: leg.legId })\n  if (leg.told) ctx.emit(legEnded(ctx, leg, end))\n  failReferral",
    replace: '  if (leg.told) ctx.emit(legEnded(ctx, leg, end))\n  failReferral',
  },
  {
    what: 'the longest wait is forgotten at a restart',
    seed: 1,
    file: 'src/engine/inputs/restore.ts',
    search: "if (deadlineMs !== undefined) ctx.arm('max-wait'",
    replace: "if (deadlineMs !== undefined && !entry.alive) ctx.arm('max-wait'",
  },
  {
    what: 'the longest wait begins again at a restart',
    seed: 593,
    file: 'src/engine/inputs/restore.ts',
    search: 'waitLeftMs(ctx.nowMs, deadlineMs))',
    replace: 'deadlineMs - entry.enqueuedAtMs)',
  },
  {
    what: 'the longest wait of a kept place is forgotten with its call',
    seed: 7,
    file: 'src/engine/end-leg.ts',
    search: "if (leg.kept === undefined) ctx.disarm('max-wait', leg.legId)",
    replace: "ctx.disarm('max-wait', leg.legId)",
  },
  {
    what: 'the time limit of a dialled leg is forgotten',
    seed: 15,
    file: 'src/engine/inputs/leg-accepted.ts',
    search: "    ctx.arm('time-limit', legId, timeLimitMs)\n",
    replace: '',
  },
  {
    what: 'the time limit of a dialled leg is forgotten at a restart',
    seed: 199,
    file: 'src/engine/former-calls.ts',
    search: "      ctx.arm('time-limit', legId, leg.timeLimitAtMs - ctx.nowMs)\n",
    replace: '',
  },
  {
    what: 'a dialled leg rings for ever',
    seed: 5,
    file: 'src/engine/dial-leg.ts',
    search: "  ctx.arm('dial-timeout', leg.legId, options.timeoutMs)\n",
    replace: '',
  },
  {
    what: 'a verb of unknown outcome is not asked again',
    seed: 10,
    file: 'src/engine/claims.ts',
    search: "    ctx.arm('repeat-verb', operationId, ctx.settings.repeatVerbMs)\n",
    replace: '',
  },
  {
    what: 'a verb of unknown outcome is asked again under another id',
    seed: 10,
    file: 'src/engine/context.ts',
    search: 'this.#verbs.push({ operationId: pending.operationId, verb: pending.verb })',
    replace:
      'const operationId = brandAs<OperationId>(`${pending.operationId}+`)\n    this.verbs.delete(pending.operationId)\n    this.verbs.set(operationId, { ...pending, operationId })\n    this.#verbs.push({ operationId, verb: pending.verb })',
  },
  {
    what: 'webhooks leave before the commit is on disk',
    seed: 1,
    file: 'src/engine/driver.ts',
    search: "    faults.at('engine.commit.before')\n",
    replace:
      "    faults.at('engine.commit.before')\n    if (events.length > 0) sink.committed(events, deliveries)\n",
  },
  {
    what: 'two webhooks of one leg change places',
    seed: 1,
    file: 'src/webhooks/outbox.ts',
    search: 'const head = lane.waiting.shift()',
    replace: 'const head = lane.waiting.pop()',
  },
  {
    what: 'a failing webhook does not hold its lane',
    seed: 1,
    file: 'src/webhooks/outbox.ts',
    search: 'if (lane.head !== undefined || this.#draining) return',
    replace: 'if (this.#draining) return',
  },
  {
    what: 'two webhooks carry one id',
    seed: 1,
    file: 'src/engine/driver.ts',
    search: 'eventId: random.uuid(),',
    replace: "eventId: '00000000-0000-4000-8000-000000000000',",
  },
  {
    what: 'the numbers of a story begin again after a crash',
    seed: 1,
    file: 'src/engine/driver.ts',
    search: "if (table === 'lane') this.#lanes",
    replace: "if (table === 'lane' && id === '') this.#lanes",
  },
  {
    what: 'an issuer loses its place by a claim that fails',
    seed: 30,
    file: 'src/store/order/queue-book.ts',
    search: 'const own = head.alive ? this.#entries.get(verb.issuer) : undefined',
    replace: 'const own = this.#entries.get(verb.issuer)',
  },
  {
    what: 'the place of a claimed caller is told one off',
    seed: 1,
    file: 'src/store/order/queue-book.ts',
    search: "return { kind: 'claimed', claimed: this.#take(head, verb.nowMs), issuerLeft }",
    replace:
      "const claimed = this.#take(head, verb.nowMs)\n    return { kind: 'claimed', claimed: { ...claimed, position: claimed.position + 1 }, issuerLeft }",
  },
  {
    what: 'the size of a queue is not compared',
    seed: 1,
    file: 'src/store/order/queue-book.ts',
    search: 'if (maxSize !== undefined && maxSize !== present.maxSize)',
    replace: 'if (maxSize !== undefined && maxSize > 1_000)',
  },
  {
    what: 'two queued legs that are bridged: one stays in line',
    seed: 15,
    file: 'src/store/order/queue-book.ts',
    search: 'const otherLeft = other && this.#take(other, verb.nowMs)',
    replace: 'const otherLeft = undefined && this.#take(other!, verb.nowMs)',
  },
  {
    what: 'an empty queue into which a caller moves is collected',
    seed: 1,
    file: 'src/store/order/queue-book.ts',
    search: '    if (queue.idleSinceMs !== undefined) this.#setIdle(queue, undefined)\n',
    replace: '',
  },
  {
    what: 'a hang-up while a claim is on its way is lost',
    seed: 73,
    file: 'src/engine/end-leg.ts',
    search:
      '  leg.deferredEnd ??= end\n  if (leg.claim !== undefined || leg.takenElsewhere) return\n',
    replace:
      '  if (leg.claim !== undefined || leg.takenElsewhere) return\n  leg.deferredEnd ??= end\n',
  },
  {
    what: 'one participant is left in a conference that ends',
    seed: 7,
    file: 'src/conferences/conference.ts',
    search: 'effects: [...before, ...rest.flatMap(parting),',
    replace: 'effects: [...before, ...rest.slice(1).flatMap(parting),',
  },
  {
    what: 'music is begun twice after a crash',
    seed: 1,
    file: 'src/engine/former-calls.ts',
    search: '    resumeAudio(ctx, leg)\n',
    replace: '    resumeAudio(ctx, leg)\n    resumeAudio(ctx, leg)\n',
  },
  {
    what: 'an overlay outlives its call',
    seed: 14,
    file: 'src/engine/leg-audio.ts',
    search: "  stepOverlay(ctx, leg, { kind: 'end-all', status })\n",
    replace: '',
  },
  {
    what: 'hold music plays on under what is played',
    seed: 55,
    file: 'src/calls/playback.ts',
    search:
      "  if (state.background) effects.push({ kind: 'stop', playbackId: state.background.playbackId })\n  effects.push({ kind: 'play', track })",
    replace: "  effects.push({ kind: 'play', track })",
  },
  {
    what: 'that a leg is on hold is forgotten at a restart',
    seed: 52,
    file: 'src/engine/inputs/restore.ts',
    search: 'leg.held = row.held',
    replace: 'leg.held = false',
  },
  {
    what: 'commands do not wait for the verb that decides over their leg',
    seed: 21,
    file: 'src/engine/context.ts',
    search: 'leg.claim = operationId',
    replace: 'leg.claim ??= undefined',
  },
  {
    what: 'of several that ring together the others ring on after the first answer',
    seed: 3,
    file: 'src/engine/ring-group.ts',
    search: "if (rival?.state.at === 'dialing') ctx.endSoon",
    replace: "if (rival?.state.at === 'parked') ctx.endSoon",
  },
  {
    what: 'the stream of a call outlives it',
    seed: 1,
    file: 'src/engine/end-leg.ts',
    search: "  stopAudio(ctx, leg, 'call_hangup')\n  endStreams(ctx, leg)\n",
    replace: "  stopAudio(ctx, leg, 'call_hangup')\n",
  },
]
