// All endpoints in the order of the reference.

import { activeCalls } from './calls/active-calls.ts'
import { answer } from './calls/answer.ts'
import { bridge } from './calls/bridge.ts'
import { clientStateUpdate } from './calls/client-state-update.ts'
import { dial } from './calls/dial.ts'
import { enqueue } from './calls/enqueue.ts'
import { gather, gatherStop, gatherUsingAudio, gatherUsingSpeak } from './calls/gather.ts'
import { hangup } from './calls/hangup.ts'
import { leaveQueue } from './calls/leave-queue.ts'
import { playbackStart } from './calls/playback-start.ts'
import { playbackStop } from './calls/playback-stop.ts'
import { recordChanges, recordStart } from './calls/record.ts'
import { refer } from './calls/refer.ts'
import { reject } from './calls/reject.ts'
import { retrieveCall } from './calls/retrieve.ts'
import { sendDtmf } from './calls/send-dtmf.ts'
import { speak } from './calls/speak.ts'
import { forkStart, forkStop, streamingStart, streamingStop } from './calls/streaming.ts'
import { switchSupervisorRole } from './calls/switch-supervisor-role.ts'
import { transfer } from './calls/transfer.ts'
import { createConference } from './conferences/create.ts'
import { endConference } from './conferences/end.ts'
import { gatherInConference } from './conferences/gather.ts'
import { holdParticipants } from './conferences/hold.ts'
import { joinConference } from './conferences/join.ts'
import { leaveConference } from './conferences/leave.ts'
import { listConferences } from './conferences/list.ts'
import { listParticipants } from './conferences/list-participants.ts'
import { muteParticipants } from './conferences/mute.ts'
import { playToConference } from './conferences/play.ts'
import { recordConference, recordConferenceChanges } from './conferences/record.ts'
import { retrieveConference } from './conferences/retrieve.ts'
import { retrieveParticipant } from './conferences/retrieve-participant.ts'
import { sendDtmfToConference } from './conferences/send-dtmf.ts'
import { speakToConference } from './conferences/speak.ts'
import { stopConferenceAudio } from './conferences/stop.ts'
import { unholdParticipants } from './conferences/unhold.ts'
import { unmuteParticipants } from './conferences/unmute.ts'
import { updateConference } from './conferences/update.ts'
import { updateParticipant } from './conferences/update-participant.ts'
import { consolePages } from './console/pages.ts'
import { docsPages } from './docs/pages.ts'
import type { Api, ApiContext } from './context.ts'
import { listEvents } from './events/list.ts'
import { listenToCall } from './listen/route.ts'
import { labEndpoints } from './lab/routes.ts'
import { followLive } from './live/route.ts'
import { featuresOff } from './feature-off.ts'
import { createQueue } from './queues/create.ts'
import { deleteQueue } from './queues/delete.ts'
import { listQueueCalls } from './queues/list-calls.ts'
import { listQueues } from './queues/list.ts'
import { removeQueueCall } from './queues/remove-call.ts'
import { retrieveQueueCall } from './queues/retrieve-call.ts'
import { retrieveQueue } from './queues/retrieve.ts'
import { updateQueueCall } from './queues/update-call.ts'
import { updateQueue } from './queues/update.ts'
import { downloadRecording } from './recordings/download.ts'
import { deleteRecording, listRecordings, retrieveRecording } from './recordings/read.ts'
import { recordEndpoints, setupEndpoints } from './setup/routes.ts'
import { createReadOnlyLink, createSession, currentSession, endSession } from './sessions/routes.ts'
import { listStatistics, retrieveStatistics, updateStatistics } from './statistics/routes.ts'
import { listRegistrations, listTrunks } from './sip/setup-state.ts'
import { systemState } from './system/health.ts'
import { listTimelines } from './timelines/list.ts'
import { downloadBundle, downloadCapture, readTimeline } from './timelines/retrieve.ts'
import { deleteMedia } from './media/delete.ts'
import { downloadMedia } from './media/download.ts'
import { listMedia } from './media/list.ts'
import { retrieveMedia } from './media/retrieve.ts'
import { updateMedia } from './media/update.ts'
import { uploadMedia } from './media/upload.ts'
import { publicKey } from './system/public-key.ts'

type Endpoint = (api: Api, context: ApiContext) => void

/** Each registers one endpoint (or one family that answers alike). */
export const endpoints: readonly Endpoint[] = [
  ...[listQueues, createQueue, retrieveQueue, updateQueue, deleteQueue],
  ...[listQueueCalls, retrieveQueueCall, updateQueueCall, removeQueueCall],
  ...[dial, retrieveCall, activeCalls, listenToCall],
  ...[answer, reject, hangup, enqueue, leaveQueue, bridge, transfer, refer],
  ...[playbackStart, playbackStop, speak, clientStateUpdate],
  ...[gather, gatherUsingAudio, gatherUsingSpeak, gatherStop, sendDtmf],
  switchSupervisorRole,
  ...[recordStart, recordChanges],
  ...[streamingStart, streamingStop, forkStart, forkStop],
  ...[createConference, listConferences, retrieveConference],
  ...[listParticipants, retrieveParticipant, updateParticipant],
  ...[joinConference, leaveConference, holdParticipants, unholdParticipants],
  ...[muteParticipants, unmuteParticipants, updateConference, endConference],
  ...[playToConference, speakToConference, stopConferenceAudio, sendDtmfToConference],
  gatherInConference,
  ...[recordConference, recordConferenceChanges],
  ...[listRecordings, retrieveRecording, deleteRecording, downloadRecording],
  ...setupEndpoints,
  ...[listMedia, uploadMedia, retrieveMedia, updateMedia, deleteMedia, downloadMedia],
  ...[listEvents, ...recordEndpoints, followLive],
  ...[listStatistics, retrieveStatistics, updateStatistics],
  ...[createSession, currentSession, endSession, createReadOnlyLink],
  ...[listTimelines, readTimeline, downloadBundle, downloadCapture],
  ...[listRegistrations, listTrunks],
  ...labEndpoints,
  ...[publicKey, systemState],
  featuresOff,
  consolePages,
  docsPages,
]
