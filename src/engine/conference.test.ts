// Conferences through the whole call logic: where a leg comes from, what is told in which order, and the races.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { conferenceView, participantView, participantViews } from './conference-views.ts'
import { brandAs, type PlaybackId } from '../base/ids.ts'
import { audio, Bench, id } from '../../test/support/engine-bench.ts'

const end = (conference: string) => ({ kind: 'conference-end', conference }) as const
const leave = (name: string, conference: string) =>
  ({ kind: 'conference-leave', conference, legId: id(name), beep: undefined }) as const
const hold = (conference: string, names: string[], music?: string) =>
  ({
    kind: 'conference-hold',
    conference,
    legIds: names.map(id),
    audio: music === undefined ? undefined : audio(music),
  }) as const

test('create joins the creator at once; the view tells it', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  const answer = bench.command(bench.createConference('a', 'room'), 'aGk=')
  assert.deepEqual(bench.since('events'), ['conference-created room', 'participant-joined a'])
  assert.deepEqual(bench.since('media').at(-1), 'mix-join a hears heard')
  assert(answer?.ok && answer.value.kind === 'conference')
  assert.equal(answer.value.conference.status, 'in_progress')
  const created = bench.told.find((event) => event.type === 'conference-created')
  assert.equal(created?.conference.creator.clientState, 'aGk=')
  assert.equal(bench.state('a'), 'in-conference')
})

test('a name is taken until its conference ends, and then finds the ended one until it is used again', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'c')
  bench.ok(bench.createConference('a', 'room'))
  bench.refused(bench.createConference('b', 'room'), 'conference-name-taken')
  bench.ok(end('room'))
  bench.refused(bench.joinConference('b', 'room'), 'conference-ended')
  bench.refused(end('room'), 'conference-ended')
  assert.equal(bench.engine.state.conferences.find('room')?.machine.status, 'completed')
  bench.ok(bench.createConference('b', 'room'))
  assert.equal(bench.engine.state.conferences.find('room')?.machine.status, 'in_progress')
  bench.ok(bench.joinConference('c', 'room'))
})

test('a queued leg leaves its queue as bridged, its music stopped first', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.enqueue('b')
  bench.ok(bench.play('b', 'music', { loops: Infinity }))
  bench.playbackStarted('b', 'music')
  bench.forget()
  bench.ok(bench.joinConference('b', 'room'))
  assert.deepEqual(bench.since('events'), [
    'playback-ended b music cancelled',
    'call-dequeued b bridged',
    'participant-joined b',
  ])
})

test('a bridged leg is unbridged: its peer is hung up last, or parked by its own setting', () => {
  const bench = new Bench()
  bench.parked('host', 'a', 'b', 'c', 'd')
  bench.ok(bench.createConference('host', 'room'))
  bench.bridge('a', 'b')
  bench.bridge('c', 'd', true)
  bench.forget()
  bench.ok(bench.joinConference('a', 'room'))
  assert.deepEqual(bench.since('events'), ['participant-joined a', 'leg-ended b normal_clearing'])
  bench.ok(bench.joinConference('d', 'room'))
  assert.deepEqual(bench.since('events'), ['participant-joined d'])
  assert.equal(bench.state('c'), 'parked')
})

test('from one conference to another; the same one twice is refused', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'one'))
  bench.ok(bench.createConference('b', 'two'))
  bench.forget()
  bench.refused(bench.joinConference('a', 'one'), 'already-participant')
  bench.ok(bench.joinConference('a', 'two'))
  assert.deepEqual(bench.since('events'), [
    'participant-left a',
    'conference-ended one all_left',
    'participant-joined a',
  ])
})

test('a full conference refuses, and the refused leg keeps its place in the queue', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'c')
  bench.ok(bench.createConference('a', 'room', { participantsMax: 2 }))
  bench.ok(bench.joinConference('b', 'room'))
  bench.enqueue('c')
  bench.refused(bench.joinConference('c', 'room'), 'conference-full')
  assert.equal(bench.state('c'), 'queued')
})

test('the conference ends while a join waits for the store: dequeued, parked, refused', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.enqueue('b')
  bench.forget()
  bench.holdStore = true
  const token = bench.submit(bench.joinConference('b', 'room'))
  bench.ok(end('room'))
  bench.holdStore = false
  bench.release()
  const answer = bench.answers.get(token)
  assert.equal(answer?.ok === false && answer.refusal.code, 'conference-ended')
  assert.ok(bench.events.includes('call-dequeued b bridging-in-process'))
  assert.ok(!bench.events.includes('participant-joined b'))
  assert.equal(bench.state('b'), 'parked')
})

test('the caller hangs up while its join waits for the store: one dequeued, one end, no participant', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.enqueue('b')
  bench.forget()
  bench.holdStore = true
  const token = bench.submit(bench.joinConference('b', 'room'))
  bench.bye('b')
  bench.holdStore = false
  bench.release()
  assert.equal(bench.answers.get(token)?.ok, false)
  assert.deepEqual(bench.since('events'), ['call-dequeued b hangup', 'leg-ended b normal_clearing'])
})

test('ended by command: everybody has left before the end is told, hang-ups come after', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  bench.forget()
  bench.ok(end('room'))
  assert.deepEqual(bench.since('events'), [
    'participant-left a',
    'participant-left b',
    'conference-ended room ended_via_api',
    'leg-ended a normal_clearing',
    'leg-ended b normal_clearing',
  ])
  assert.deepEqual(bench.since('sip'), ['bye a', 'bye b'])
})

test('the host hangs up: the others go with it', () => {
  const bench = new Bench()
  bench.parked('a', 'host')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('host', 'room', { endOnExit: true }))
  bench.forget()
  bench.bye('host')
  assert.deepEqual(bench.since('events'), [
    'participant-left host',
    'participant-left a',
    'conference-ended room host_left',
    'leg-ended host normal_clearing',
    'leg-ended a normal_clearing',
  ])
  const live = bench.engine.state.conferences.find('room')
  assert.equal(live?.machine.endedBy, 'host')
  assert.equal(live?.endedBySession, 'session-host')
})

test('the soft host leaves: the others are parked and take commands', () => {
  const bench = new Bench()
  bench.parked('a', 'host')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('host', 'room', { softEndOnExit: true }))
  bench.ok(leave('host', 'room'))
  assert.equal(bench.state('a'), 'parked')
  assert.equal(bench.state('host'), 'parked')
  bench.enqueue('a')
})

test('the host is moved into a queue: that is leaving', () => {
  const bench = new Bench()
  bench.parked('a', 'host')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('host', 'room', { endOnExit: true }))
  bench.forget()
  bench.enqueue('host')
  assert.deepEqual(bench.since('events'), [
    'queue-created support',
    'participant-left host',
    'participant-left a',
    'conference-ended room host_left',
    'call-enqueued host',
    'leg-ended a normal_clearing',
  ])
})

test('two participants hang up in the same turn: the last one ends it, once', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  bench.forget()
  bench.bye('a')
  bench.bye('b')
  bench.bye('b')
  const ends = bench.events.filter((word) => word.startsWith('conference-ended'))
  assert.deepEqual(ends, ['conference-ended room all_left'])
})

test('before the start everybody hears the hold audio; the one who may start ends it', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room', { startOnCreate: false, holdAudio: audio('wait') }))
  assert.match(bench.media.at(-1) ?? '', /^play a hold-/)
  assert.equal(bench.engine.state.conferences.find('room')?.machine.status, 'init')
  bench.forget()
  bench.ok(bench.joinConference('b', 'room', { startOnEnter: true }))
  const heard = bench.since('media').filter((word) => !word.startsWith('hear'))
  assert.equal(heard[0], 'mix-join b hears heard')
  assert.equal(heard[1], 'mix-set a hears heard')
  assert.match(heard[2] ?? '', /^stop-playback a hold-/)
  assert.ok(!bench.events.some((word) => word.startsWith('playback')), 'hold music has no events')
})

test('hold with music, a prompt over it, and back; leaving takes the music away', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  bench.forget()
  bench.ok(hold('room', ['b'], 'music'))
  bench.ok(bench.play('b', 'prompt'))
  bench.playbackStarted('b', 'prompt')
  bench.playbackEnded('b', 'prompt')
  const words = bench.since('media').map((word) => word.replace(/hold-.*/, 'music'))
  assert.deepEqual(words, [
    'mix-set b deaf unheard',
    'play b music',
    'stop-playback b music',
    'play b prompt',
    'play b music',
  ])
  bench.ok(leave('b', 'room'))
  const after = bench.since('media').map((word) => word.replace(/hold-.*/, 'music'))
  assert.deepEqual(after, ['mix-leave b', 'stop-playback b music'])
})

test('hold and mute on somebody who left are refused; nothing happens to the others', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  bench.ok(leave('b', 'room'))
  bench.forget()
  bench.refused(hold('room', ['a', 'b']), 'not-participant')
  bench.refused(
    { kind: 'conference-mute', conference: 'room', legIds: [id('b')] },
    'not-participant',
  )
  bench.refused(leave('b', 'room'), 'not-participant')
  bench.refused(hold('nowhere', []), 'conference-unknown')
  assert.deepEqual(bench.media, [])
})

test('a participant is found by its id and by its leg, and becomes the host', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  const update = (participant: string) =>
    ({
      kind: 'participant-update',
      conference: 'room',
      participant,
      endOnExit: true,
      softEndOnExit: undefined,
      beep: undefined,
    }) as const
  bench.refused(update('nobody'), 'participant-unknown')
  const answer = bench.command(update('b'))
  assert(answer?.ok && answer.value.kind === 'participant')
  assert.equal(answer.value.participant.endOnExit, true)
  bench.ok(update(answer.value.participant.participantId))
  bench.bye('b')
  assert.equal(bench.state('a'), 'ended')
})

test('it ends when its time is over, is shown for four hours more, and is then forgotten', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'short', { durationMs: 60_000 }))
  bench.ok(bench.createConference('b', 'long'))
  assert.equal(bench.engine.state.conferences.activeCount(), 2)
  bench.pass(60_000)
  assert.equal(bench.engine.state.conferences.activeCount(), 1)
  assert.equal(bench.state('a'), 'ended')
  assert.ok(bench.events.includes('conference-ended short time_exceeded'))
  bench.pass(4 * 3_600_000 - 60_000)
  assert.ok(bench.events.includes('conference-ended long time_exceeded'))
  assert.ok(bench.engine.state.conferences.find('short'))
  bench.pass(60_000)
  assert.equal(bench.engine.state.conferences.find('short'), undefined)
  bench.pass(4 * 3_600_000)
  assert.equal(bench.engine.state.conferences.find('long'), undefined)
  assert.equal(bench.engine.state.conferences.activeCount(), 0)
})

test('pages are ordered by expiry, latest first, and filtered', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'c')
  bench.ok(bench.createConference('a', 'one'))
  bench.pass(10)
  bench.ok(bench.createConference('b', 'two'))
  bench.pass(10)
  bench.ok(bench.createConference('c', 'three'))
  bench.ok(end('three'))
  const { conferences } = bench.engine.state
  const names = (filter: Parameters<typeof conferences.page>[0]) =>
    conferences.page(filter, { number: 1, size: 20 }).rows.map((row) => row.name)
  assert.deepEqual(names({}), ['three', 'two', 'one'])
  assert.deepEqual(names({ status: 'in_progress' }), ['two', 'one'])
  assert.deepEqual(names({ name: 'one' }), ['one'])
  assert.deepEqual(conferences.page({}, { number: 2, size: 2 }).rows.length, 1)
  assert.deepEqual(conferences.page({}, { number: 9, size: 2 }).rows, [])
})

test('after a restart: participants left, the conference ended, and it is still shown', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'c')
  const music = { kind: 'inline', bytes: new Uint8Array([1, 2]) } as const
  bench.ok(bench.createConference('a', 'room', { startOnCreate: false, holdAudio: music }))
  bench.ok(bench.joinConference('b', 'room', { hold: true, holdAudio: music }))
  bench.ok(bench.createConference('c', 'over'))
  bench.ok(end('over'))
  const next = bench.restarted()
  const words = next.events.filter((word) => /participant|conference/.test(word))
  assert.deepEqual(words, [
    'participant-left a',
    'participant-left b',
    'conference-ended room all_left',
  ])
  const { conferences } = next.engine.state
  assert.equal(conferences.find('room')?.machine.endReason, 'all_left')
  assert.equal(conferences.find('over')?.machine.endReason, 'ended_via_api')
  next.pass(4 * 3_600_000)
  assert.equal(conferences.page({}, { number: 1, size: 20 }).total, 0)
})

test('participants in pages: the muted, those on hold, those who left', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'c')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room', { mute: true }))
  bench.ok(bench.joinConference('c', 'room', { hold: true }))
  bench.ok(leave('c', 'room'))
  const { state } = bench.engine
  const list = (filter: { muted?: boolean; onHold?: boolean }) =>
    participantViews(state, 'room', filter, { number: 1, size: 20 })?.rows.map(
      (row) => `${row.legId} ${row.status}`,
    )
  assert.deepEqual(list({}), ['a joined', 'b joined', 'c left'])
  assert.deepEqual(list({ muted: true }), ['b joined'])
  assert.deepEqual(list({ onHold: false }), ['a joined', 'b joined'])
  assert.equal(participantView(state, 'room', 'c')?.status, 'left')
  assert.equal(participantView(state, 'room', 'x'), undefined)
  assert.equal(participantViews(state, 'none', {}, { number: 1, size: 20 }), undefined)
  const view = conferenceView(state, 'room')
  assert.equal(view && conferenceView(state, view.conferenceId)?.name, 'room')
})

test('tones: as the conference has it, as the participant or its leave says, and never for who listens in', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'c', 'spy')
  const beeps = (): string[] => bench.since('media').filter((word) => word.includes('beep'))
  bench.ok(bench.createConference('a', 'room', { beep: 'always' }))
  assert.deepEqual(beeps(), ['mix-play beep enter'])
  bench.ok(bench.joinConference('b', 'room', { beep: 'never' }))
  assert.deepEqual(beeps(), [])
  bench.ok({ ...leave('b', 'room'), beep: 'on_exit' })
  assert.deepEqual(beeps(), ['mix-play beep exit'])
  bench.ok(bench.joinConference('spy', 'room', { role: 'monitor' }))
  bench.bye('spy')
  assert.deepEqual(beeps(), [])
  bench.ok(bench.joinConference('c', 'room', { role: 'whisper', beep: 'on_enter' }))
  assert.deepEqual(beeps(), ['mix-play beep enter'])
  bench.bye('c')
  bench.ok(end('room'))
  assert.deepEqual(beeps(), [], 'nobody is left to hear it')
})

test('what is played to all is one queue of the conference; to some it is that of their calls; stop ends both', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  const conferenceId = bench.engine.state.conferences.find('room')?.machine.conferenceId
  assert(conferenceId)
  const play = (playbackId: string, ...names: string[]) =>
    ({
      kind: 'conference-play',
      conference: 'room',
      legIds: names.map(id),
      playbackId,
      audio: audio(playbackId),
      loops: 1,
    }) as const
  const reports = (kind: 'mix-playback-started' | 'mix-playback-ended', name: string): void => {
    const playbackId = brandAs<PlaybackId>(name)
    if (kind === 'mix-playback-started') bench.fromMedia({ kind, conferenceId, playbackId })
    else bench.fromMedia({ kind, conferenceId, playbackId, status: 'completed', detail: '' })
  }
  bench.forget()
  bench.ok(play('one'))
  bench.ok(play('two'))
  bench.ok(play('alone', 'b'))
  bench.ok(bench.play('b', 'own'))
  assert.deepEqual(bench.since('media'), ['mix-play one', 'play b alone'])
  reports('mix-playback-started', 'one')
  reports('mix-playback-ended', 'one')
  assert.deepEqual(bench.since('media'), ['mix-play two'])
  reports('mix-playback-started', 'two')
  bench.playbackStarted('b', 'alone')
  bench.ok({ kind: 'conference-stop', conference: 'room', legIds: [] })
  // What the call itself plays goes on.
  assert.deepEqual(bench.since('media'), ['mix-stop two', 'stop-playback b alone', 'play b own'])
  assert.deepEqual(bench.since('events'), [
    'conference-playback-started one',
    'conference-playback-ended one',
    'conference-playback-started two',
    'participant-playback-started b alone',
    'conference-playback-ended two',
    'participant-playback-ended b alone',
  ])
  bench.refused(play('x', 'nobody'), 'not-participant')
})

test('the end of a conference ends what it plays, before it is told; leaving ends what is played to the leaver', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  const conferenceId = bench.engine.state.conferences.find('room')?.machine.conferenceId
  assert(conferenceId)
  const command = { kind: 'conference-play', conference: 'room', loops: Infinity } as const
  bench.ok({ ...command, legIds: [], playbackId: 'all', audio: audio('all') })
  bench.ok({ ...command, legIds: [id('b')], playbackId: 'one', audio: audio('one') })
  bench.fromMedia({ kind: 'mix-playback-started', conferenceId, playbackId: brandAs('all') })
  bench.playbackStarted('b', 'one')
  const next = bench.restarted('a', 'b')
  assert.ok(next.media.includes('mix-play all') && next.media.includes('play b one'))
  next.forget()
  next.ok(leave('b', 'room'))
  next.ok(end('room'))
  assert.deepEqual(next.since('events'), [
    'participant-playback-ended b one',
    'participant-left b',
    'participant-left a',
    'conference-playback-ended all',
    'conference-ended room ended_via_api',
    'leg-ended a normal_clearing',
  ])
})

test('roles: a monitor stays unheard whoever unmutes, until its role changes; whispers follow their list', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'spy')
  bench.ok(bench.createConference('a', 'room'))
  bench.ok(bench.joinConference('b', 'room'))
  const role = (name: 'none' | 'barge' | 'whisper' | 'monitor', whisperTo?: string[]) =>
    ({
      kind: 'conference-role',
      conference: 'room',
      legId: id('spy'),
      role: name,
      whisperTo: whisperTo?.map(id),
    }) as const
  bench.refused(role('monitor'), 'not-participant')
  bench.ok(bench.joinConference('spy', 'room', { role: 'monitor' }))
  bench.forget()
  for (const legIds of [[], [id('spy')]]) {
    bench.ok({ kind: 'conference-unmute', conference: 'room', legIds })
  }
  assert.deepEqual(bench.since('media'), [])
  assert.equal(participantView(bench.engine.state, 'room', 'spy')?.muted, true)
  bench.ok(role('whisper', ['b']))
  bench.ok(role('whisper', ['a', 'b']))
  bench.ok(role('barge'))
  bench.ok(role('whisper'))
  assert.deepEqual(bench.since('media'), [
    'mix-set spy hears heard only b',
    'mix-set spy hears heard only a,b',
    'mix-set spy hears heard',
    'mix-set spy hears heard only a,b',
  ])
  const { state } = bench.engine
  const page = { number: 1, size: 20 }
  const whispering = participantViews(state, 'room', { whispering: true }, page)
  assert.deepEqual(
    whispering?.rows.map(({ legId, whisperTo }) => [legId, ...whisperTo]),
    [['spy', 'a', 'b']],
  )
})

test('the floor is told once for each holder, and not for who has left', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  const conferenceId = bench.engine.state.conferences.find('room')?.machine.conferenceId
  assert(conferenceId)
  bench.forget()
  for (const name of ['a', 'a', 'b'])
    bench.fromMedia({ kind: 'mix-floor', conferenceId, legId: id(name) })
  assert.deepEqual(bench.since('events'), ['floor-changed a'])
  bench.ok(bench.joinConference('b', 'room'))
  bench.ok({ kind: 'conference-leave', conference: 'room', legId: id('a'), beep: undefined })
  bench.ok(bench.joinConference('a', 'room'))
  bench.forget()
  bench.fromMedia({ kind: 'mix-floor', conferenceId, legId: id('a') })
  assert.deepEqual(bench.since('events'), ['floor-changed a'])
})

test('a gather in a conference is of a participant, and is the gather of its call', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.ok(bench.createConference('a', 'room'))
  const gather = (name: string) =>
    ({
      kind: 'conference-gather',
      conference: 'room',
      legId: id(name),
      gather: {
        kind: 'gather',
        legId: id(name),
        gatherId: 'g',
        playbackId: 'prompt',
        rules: {
          ...{ minimumDigits: 1, maximumDigits: 1, timeoutMs: 5000, interDigitMs: 5000 },
          ...{ initialMs: 5000, terminatingDigit: '#', validDigits: '0123456789', triesMax: 1 },
        },
        prompt: audio('prompt'),
        invalidPrompt: undefined,
      },
    }) as const
  bench.refused(gather('b'), 'not-participant')
  bench.ok(gather('a'))
  bench.forget()
  bench.fromMedia({ kind: 'media-dtmf', legId: id('a'), digit: '7' })
  assert.ok(bench.events.some((word) => word.startsWith('gather-ended a')))
})
