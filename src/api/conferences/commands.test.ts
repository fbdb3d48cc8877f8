// What good requests on conferences become: the command that the call logic gets.
import { testCommands, uuid } from '../command-testing.ts'
import { legId } from '../testing.ts'

const conference = '/v2/conferences/support-42/actions'

testCommands([
  {
    name: 'conference create',
    url: '/v2/conferences',
    body: {
      call_control_id: legId,
      name: 'support-42',
      start_conference_on_create: false,
      hold_audio_url: 'http://127.0.0.1/h.wav',
      duration_minutes: 2,
      region: 'US',
      beep_enabled: 'always',
    },
    command: {
      kind: 'conference-create',
      legId,
      conferenceId: uuid(2),
      participantId: uuid(3),
      name: 'support-42',
      durationMs: 120_000,
      participantsMax: 250,
      startOnCreate: false,
      holdAudio: { kind: 'url', url: 'http://127.0.0.1/h.wav', cache: true },
      beep: 'always',
      region: 'US',
    },
  },
  {
    name: 'conference join',
    url: `${conference}/join`,
    body: {
      ...{ call_control_id: legId, mute: true, supervisor_role: 'whisper' },
      ...{ whisper_call_control_ids: ['v3:a'], beep_enabled: 'never' },
    },
    command: {
      kind: 'conference-join',
      conference: 'support-42',
      legId,
      participantId: uuid(2),
      options: {
        startOnEnter: false,
        endOnExit: false,
        softEndOnExit: false,
        hold: false,
        holdAudio: undefined,
        mute: true,
        role: 'whisper',
        whisperTo: ['v3:a'],
        beep: 'never',
      },
    },
  },
  {
    name: 'conference leave',
    url: `${conference}/leave`,
    body: { call_control_id: legId },
    command: { kind: 'conference-leave', conference: 'support-42', legId, beep: undefined },
  },
  {
    name: 'conference play to all',
    url: `${conference}/play`,
    body: { audio_url: 'http://127.0.0.1/a.mp3', loop: 2 },
    command: {
      kind: 'conference-play',
      conference: 'support-42',
      legIds: [],
      playbackId: uuid(2),
      audio: { kind: 'url', url: 'http://127.0.0.1/a.mp3', cache: true },
      loops: 2,
    },
  },
  {
    name: 'conference speak to one',
    url: `${conference}/speak`,
    body: { payload: 'Hello', voice: 'female', call_control_ids: [legId] },
    command: {
      kind: 'conference-play',
      conference: 'support-42',
      legIds: [legId],
      playbackId: uuid(2),
      audio: {
        ...{ kind: 'speech', text: 'Hello', ssml: false, voice: 'female', language: undefined },
      },
      loops: 1,
    },
  },
  {
    name: 'conference stop',
    url: `${conference}/stop`,
    command: { kind: 'conference-stop', conference: 'support-42', legIds: [] },
  },
  {
    name: 'conference send DTMF',
    url: `${conference}/send_dtmf`,
    body: { digits: '1wA#' },
    command: {
      ...{ kind: 'conference-dtmf', conference: 'support-42', legIds: [], digits: '1wA#' },
      durationMs: 250,
    },
  },
  {
    name: 'conference update of a role',
    url: `${conference}/update`,
    body: { call_control_id: legId, supervisor_role: 'monitor' },
    command: {
      ...{ kind: 'conference-role', conference: 'support-42', legId, role: 'monitor' },
      whisperTo: undefined,
    },
  },
  {
    name: 'conference hold all',
    url: `${conference}/hold`,
    command: { kind: 'conference-hold', conference: 'support-42', legIds: [], audio: undefined },
  },
  {
    name: 'conference unhold',
    url: `${conference}/unhold`,
    body: { call_control_ids: [legId] },
    command: { kind: 'conference-unhold', conference: 'support-42', legIds: [legId] },
  },
  {
    name: 'conference mute',
    url: `${conference}/mute`,
    body: { call_control_ids: [legId] },
    command: { kind: 'conference-mute', conference: 'support-42', legIds: [legId] },
  },
  {
    name: 'conference unmute',
    url: `${conference}/unmute`,
    command: { kind: 'conference-unmute', conference: 'support-42', legIds: [] },
  },
  {
    name: 'conference end',
    url: `${conference}/end`,
    command: { kind: 'conference-end', conference: 'support-42' },
  },
  {
    name: 'participant update',
    method: 'PATCH',
    url: `/v2/conferences/support-42/participants/${legId}`,
    body: { end_conference_on_exit: true },
    command: {
      kind: 'participant-update',
      conference: 'support-42',
      participant: legId,
      endOnExit: true,
      softEndOnExit: undefined,
      beep: undefined,
    },
  },
])
