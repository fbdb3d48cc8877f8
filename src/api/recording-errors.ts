// The entries of the error catalogue about recordings (C113 and its neighbours). errors.ts takes them in and checks their
// shape.

export const recordingErrors = {
  'format-invalid': {
    status: 422,
    code: '90000',
    title: 'Invalid value for format',
    detail: "The 'format' parameter must be one of: mp3, wav.",
    meaning: 'Bad `format` or `record_format`.',
    remedy: 'Use `wav` or `mp3`.',
  },
  'channels-invalid': {
    status: 422,
    code: '90001',
    title: 'Invalid value for channels',
    detail: "The 'channels' parameter must be one of: dual, single.",
    meaning: 'Bad `channels` or `record_channels`.',
    remedy: 'Use `single` or `dual`.',
  },
  'recording-track-invalid': {
    status: 422,
    code: '90059',
    title: 'Invalid value for recording_track',
    detail: "The 'recording_track' parameter must be one of: both, inbound, outbound.",
    meaning: 'Bad `recording_track` or `record_track`.',
    remedy: 'Use one of the listed values.',
  },
  'record-timeout-invalid': {
    status: 422,
    code: '90049',
    title: 'Invalid value for record_timeout_secs',
    detail: "The 'timeout_secs' of a recording must be an integer of at least 0.",
    meaning: 'Bad `timeout_secs` of `record_start`, or `record_timeout_secs`.',
    remedy: 'Use seconds of silence; 0 is never.',
  },
  'no-audio-yet': {
    status: 422,
    code: '90020',
    title: 'Call recording triggered before audio started',
    detail: 'Call recording cannot be started until audio has commenced on the call.',
    meaning: '`record_start` on a call that has not been answered.',
    remedy: 'Wait for `call.answered` of that leg, or answer with `record`.',
  },
  'recording-unknown': {
    status: 404,
    code: '10005',
    title: 'Recording not found',
    detail: 'The recording could not be found.',
    meaning:
      'No such recording of this call or conference is running, or no finished recording has that id.',
    remedy: 'Take the id from the answer of `record_start` or from the list of recordings.',
  },
  'recordings-max': {
    status: 422,
    code: '10015',
    title: 'Bad Request',
    detail: 'Too many recordings run at the same time.',
    meaning: 'As many recordings of this call or conference run as are possible.',
    remedy: 'Stop one first.',
  },
  'link-expired': {
    status: 403,
    code: '10010',
    title: 'Authorization failed',
    detail: 'The link has expired or its signature is not valid.',
    meaning: 'A link to a recording, 10 minutes after it was made, or changed on its way.',
    remedy: 'Get the recording again: its `download_urls` are new.',
  },
  'range-unsatisfiable': {
    status: 416,
    code: '10033',
    title: 'Value outside of range',
    detail: 'The range is outside of the file.',
    meaning: '`Range` of a download lies behind the end of the recording.',
    remedy: 'Ask for bytes that are there.',
  },
} as const
