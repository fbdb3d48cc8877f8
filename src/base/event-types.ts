// Event types on the wire, as keys of `webhook_urls` and `webhook_retries_policies`.

/** Every event type that may be a key of `webhook_urls`; those out of scope are accepted and never sent. */
export const eventTypes: readonly string[] = [
  'call.initiated call.answered call.bridged call.hangup call.hold call.unhold call.enqueued',
  'call.dequeued call.dtmf.received call.gather.ended call.playback.started call.playback.ended',
  'call.speak.started call.speak.ended call.recording.saved call.recording.error',
  'call.refer.started call.refer.completed call.refer.failed call.sip_info.received',
  'conference.created conference.ended conference.participant.joined',
  'conference.participant.left conference.floor.changed conference.playback.started',
  'conference.playback.ended conference.participant.playback.started',
  'conference.participant.playback.ended conference.speak.started conference.speak.ended',
  'conference.participant.speak.started conference.participant.speak.ended',
  'conference.recording.saved call.cost call.machine.detection.ended',
  'call.machine.greeting.ended call.machine.premium.detection.ended',
  'call.machine.premium.greeting.ended call.recording.transcription.saved call.transcription',
  'call.fork.started call.fork.stopped streaming.started streaming.stopped streaming.failed',
  'siprec.started siprec.stopped siprec.failed call.ai_gather.ended',
  'call.ai_gather.partial_results call.ai_gather.message_history_updated',
  'call.conversation.ended call.conversation_insights.generated',
  'call.deepfake_detection.result call.deepfake_detection.error',
].flatMap((line) => line.split(' '))
