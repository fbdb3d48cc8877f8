// Calls that many checks look at: each is carried out once per run, and what was answered and told is kept.
import { dataOf, listOf } from './check.ts'
import type { ConformanceStage, Json } from './stage.ts'
import type { Delivery } from './webhooks.ts'

type Stage = ConformanceStage

export const state = {
  caller: 'Y2FsbGVy',
  queued: 'cXVldWVk',
  left: 'bGVmdA==',
  agent: 'YWdlbnQ=',
} as const

export interface Life {
  readonly caller: string
  readonly agent: string
  readonly name: string
  readonly queue: string
  readonly queued: Json
  readonly listed: readonly Json[]
  readonly queueObject: Json
  readonly dialled: Json
  readonly talking: Json
  readonly active: readonly Json[]
  readonly ended: Json
  readonly events: Readonly<Record<string, Delivery>>
}

/** A caller is answered, queues, leaves, queues again, is bridged with a dialled agent by queue, and hangs up. */
export const life = (stage: Stage): Promise<Life> => stage.once('life', () => live(stage))

async function live(stage: Stage): Promise<Life> {
  const { id, call, name } = await stage.callIn()
  await stage.ok(id, 'answer', { client_state: state.caller })
  await call.answered(5_000)
  const queue = stage.unique('life')
  const enqueue = { queue_name: queue, client_state: state.queued }
  await stage.ok(id, 'enqueue', enqueue)
  const queued = dataOf(await stage.get(`/queues/${queue}/calls/${id}`))
  const listed = listOf(await stage.get(`/queues/${queue}/calls`))
  const queueObject = dataOf(await stage.get(`/queues/${queue}`))
  await stage.ok(id, 'leave_queue', { client_state: state.left })
  const left = await stage.event(id, 'call.dequeued')
  await stage.ok(id, 'enqueue', { queue_name: queue })
  const callee = await stage.phone()
  const answer = await stage.post('/calls', {
    connection_id: stage.connectionId,
    to: callee.contactUri,
    from: '+15550100',
    client_state: state.agent,
  })
  const dialled = dataOf(answer)
  const agent = String(dialled['call_control_id'])
  const agentAnswered = await stage.event(agent, 'call.answered')
  await stage.ok(agent, 'bridge', { queue })
  const agentBridged = await stage.event(agent, 'call.bridged')
  const bridged = await stage.event(id, 'call.bridged')
  const talking = dataOf(await stage.get(`/calls/${id}`))
  const path = `/connections/${stage.connectionId}/active_calls?page[size]=250`
  const active = listOf(await stage.get(path))
  call.hangUp()
  const hungUp = await stage.event(id, 'call.hangup')
  const agentHungUp = await stage.event(agent, 'call.hangup')
  const ended = dataOf(await stage.get(`/calls/${id}`))
  const events = {
    'call.initiated, incoming': await stage.event(id, 'call.initiated'),
    'call.initiated, outgoing': await stage.event(agent, 'call.initiated'),
    'call.answered, incoming': await stage.event(id, 'call.answered'),
    'call.answered, outgoing': agentAnswered,
    'call.enqueued': await stage.event(id, 'call.enqueued'),
    'call.dequeued, leave': left,
    'call.dequeued, bridged': await stage.event(
      id,
      'call.dequeued',
      ({ reason }) => reason === 'bridged',
    ),
    'call.bridged, caller': bridged,
    'call.bridged, agent': agentBridged,
    'call.hangup, by the far end': hungUp,
    'call.hangup, of the other side': agentHungUp,
  }
  const objects = { queued, listed, queueObject, dialled, talking, active, ended }
  return { caller: id, agent, name, queue, ...objects, events }
}

/** A file is played to the end, another one is stopped, keys are pressed, the call is hung up by command. */
export const sound = (stage: Stage): Promise<Readonly<Record<string, Delivery>>> =>
  stage.once('sound', async () => {
    const { id } = await stage.answered()
    const url = await stage.soundUrl(600, 200)
    const long = await stage.soundUrl(700)
    await stage.ok(id, 'playback_start', { audio_url: url, client_state: state.caller })
    const started = await stage.event(id, 'call.playback.started')
    const ended = await stage.event(id, 'call.playback.ended')
    await stage.ok(id, 'playback_start', { audio_url: long })
    await stage.event(id, 'call.playback.started', ({ media_url }) => media_url === long)
    await stage.ok(id, 'playback_stop', {})
    const cancelled = await stage.event(
      id,
      'call.playback.ended',
      ({ status }) => status === 'cancelled',
    )
    const endless = await stage.soundUrl(800)
    await stage.ok(id, 'playback_start', { audio_url: endless, loop: 'infinity' })
    await stage.event(id, 'call.playback.started', ({ media_url }) => media_url === endless)
    await stage.ok(id, 'hangup')
    const hangup = await stage.event(id, 'call.hangup')
    return {
      'call.playback.started': started,
      'call.playback.ended, completed': ended,
      'call.playback.ended, cancelled': cancelled,
      'call.playback.ended, call_hangup': await stage.event(
        id,
        'call.playback.ended',
        ({ status }) => status === 'call_hangup',
      ),
      'call.hangup, by command': hangup,
    }
  })

/** Words are spoken, keys collected, and the call is recorded. */
export const features = (stage: Stage): Promise<Readonly<Record<string, Delivery>>> =>
  stage.once('features', async () => {
    const { id, call } = await stage.answered()
    await stage.ok(id, 'record_start', { format: 'wav', channels: 'single' })
    await stage.ok(id, 'speak', {
      payload: 'hi',
      voice: 'female',
      language: 'en-US',
      client_state: state.caller,
    })
    const spoken = await stage.event(id, 'call.speak.ended')
    await stage.ok(id, 'gather', { maximum_digits: 2, gather_id: 'one' })
    await call.sendDtmf('42')
    const gathered = await stage.event(id, 'call.gather.ended')
    await stage.ok(id, 'record_stop')
    const saved = await stage.event(id, 'call.recording.saved')
    await stage.ok(id, 'hangup')
    await stage.event(id, 'call.hangup')
    return {
      'call.speak.started': await stage.event(id, 'call.speak.started'),
      'call.speak.ended': spoken,
      'call.dtmf.received': await stage.event(id, 'call.dtmf.received'),
      'call.gather.ended': gathered,
      'call.recording.saved': saved,
    }
  })

export interface Conference {
  readonly created: Json
  readonly listed: readonly Json[]
  readonly participants: readonly Json[]
  readonly ended: Json
  readonly id: string
  readonly name: string
  readonly host: string
  readonly guest: string
  readonly events: Readonly<Record<string, Delivery>>
}

/** A conference of two, who hear a file, of whom one leaves, and which is ended by command. */
export const conference = (stage: Stage): Promise<Conference> =>
  stage.once('conference', async () => {
    const [host, guest] = await Promise.all([stage.answered(), stage.answered()])
    const name = stage.unique('room')
    const body = { call_control_id: host.id, name, client_state: state.caller }
    const created = dataOf(await stage.post('/conferences', body))
    const id = String(created['id'])
    const act = async (action: string, more: Json = {}): Promise<void> => {
      dataOf(await stage.post(`/conferences/${id}/actions/${action}`, more))
    }
    const told = (type: string, fits: (payload: Json) => boolean = () => true) =>
      stage.webhooks.next(
        (one) => one.type === type && one.payload['conference_id'] === id && fits(one.payload),
        `${type} of ${id}`,
      )
    await act('join', { call_control_id: guest.id, client_state: state.agent })
    const joined = await told(
      'conference.participant.joined',
      (payload) => payload['call_control_id'] === guest.id,
    )
    const participants = listOf(await stage.get(`/conferences/${id}/participants`))
    const query = `?filter[name]=${name}`
    const listed = listOf(await stage.get(`/conferences${query}`))
    await act('play', { audio_url: await stage.soundUrl(500, 150) })
    const played = await told('conference.playback.ended')
    await act('leave', { call_control_id: guest.id })
    const left = await told('conference.participant.left')
    await act('end')
    const over = await told('conference.ended')
    const ended = dataOf(await stage.get(`/conferences/${id}`))
    await stage.ok(guest.id, 'hangup')
    const events = {
      'conference.created': await told('conference.created'),
      'conference.participant.joined': joined,
      'conference.playback.started': await told('conference.playback.started'),
      'conference.playback.ended': played,
      'conference.participant.left': left,
      'conference.ended': over,
    }
    const ids = { id, name, host: host.id, guest: guest.id }
    return { ...ids, created, listed, participants, ended, events }
  })

/** A call is put on hold by its phone and taken back, and sent elsewhere twice, once in vain. */
export const detours = (stage: Stage): Promise<Readonly<Record<string, Delivery>>> =>
  stage.once('detours', async () => {
    const headers = [
      ['X-Ticket', '42'],
      ['User-to-User', '3132;encoding=hex'],
    ] as const
    const { id, call } = await stage.answered({ headers, phone: { displayName: 'Carol' } })
    const initiated = await stage.event(id, 'call.initiated')
    await stage.ok(id, 'answer', { client_state: state.caller })
    await call.hold()
    const held = await stage.event(id, 'call.hold')
    await call.resume()
    const resumed = await stage.event(id, 'call.unhold')
    call.referPolicy = { accept: false, status: 603 }
    await stage.ok(id, 'refer', { sip_address: 'sip:elsewhere@127.0.0.1' })
    const failed = await stage.event(id, 'call.refer.failed')
    call.referPolicy = { accept: true, statuses: [100, 200] }
    await stage.ok(id, 'refer', { sip_address: 'sip:elsewhere@127.0.0.1' })
    return {
      'call.initiated, with headers': initiated,
      'call.hold': held,
      'call.unhold': resumed,
      'call.refer.failed': failed,
      'call.refer.started': await stage.event(id, 'call.refer.started'),
      'call.refer.completed': await stage.event(id, 'call.refer.completed'),
    }
  })

/** What a conference plays, says and records for all and for one, and who speaks. */
export interface Programme {
  readonly id: string
  readonly host: string
  readonly guest: string
  readonly recording: Json
  readonly events: Readonly<Record<string, Delivery>>
}

export const programme = (stage: Stage): Promise<Programme> =>
  stage.once('programme', async () => {
    const [host, guest] = await Promise.all([stage.answered(), stage.answered()])
    const body = {
      call_control_id: host.id,
      name: stage.unique('room'),
      client_state: state.caller,
    }
    const id = String(dataOf(await stage.post('/conferences', body))['id'])
    const act = async (action: string, more: Json = {}): Promise<Json> =>
      dataOf(await stage.post(`/conferences/${id}/actions/${action}`, more))
    const told = (type: string) =>
      stage.webhooks.next(
        (one) => one.type === type && one.payload['conference_id'] === id,
        `${type} of ${id}`,
      )
    await act('join', { call_control_id: guest.id, client_state: state.agent })
    await act('record_start', { format: 'wav' })
    guest.call.say({ kind: 'tone', hz: 900 })
    const floor = told('conference.floor.changed')
    const words = { payload: 'hello', voice: 'female', language: 'en-US' }
    await act('speak', words)
    const spoken = await told('conference.speak.ended')
    const one = { call_control_ids: [guest.id] }
    await act('speak', { ...words, ...one })
    const spokenToOne = await told('conference.participant.speak.ended')
    await act('play', { audio_url: await stage.soundUrl(500, 150), ...one })
    const playedToOne = await told('conference.participant.playback.ended')
    const spoke = await floor
    await act('record_stop')
    const saved = await told('conference.recording.saved')
    await act('end')
    const path = `/recordings/${String(saved.payload['recording_id'])}`
    const events = {
      'conference.floor.changed': spoke,
      'conference.speak.started': await told('conference.speak.started'),
      'conference.speak.ended': spoken,
      'conference.participant.speak.started': await told('conference.participant.speak.started'),
      'conference.participant.speak.ended': spokenToOne,
      'conference.participant.playback.started': await told(
        'conference.participant.playback.started',
      ),
      'conference.participant.playback.ended': playedToOne,
      'conference.recording.saved': saved,
    }
    const recording = dataOf(await stage.get(path))
    return { id, host: host.id, guest: guest.id, recording, events }
  })
