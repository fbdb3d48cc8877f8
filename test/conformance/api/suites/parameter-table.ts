// Every parameter of every command, in short: `!` required; `text 1..255` lengths; `int 5..600` range; `bool`; `enum a|b`;
// `choice a|b` an enum of which a server may lack some; `list`; `object`; `state` base64; `loop`; `@90028` the code that this parameter has for itself; `number` E.164;
// `lacking` a feature whose silent omission would mislead (C22). A range without an end has none that is published.

export interface Operation {
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  /** Title of the vendor's page. */
  readonly title: string
  readonly parameters: Readonly<Record<string, string>>
  /**
   * What a request gets whose parameters are all right, with the path of nobody: 90015 for a call, 90058 for a conference.
   * A pointer follows where the code has more than one meaning. Undefined: the request would succeed.
   */
  readonly otherwise?: string
  /** Decision that publishes the operation, where the vendor's voice pages do not. */
  readonly ours?: string
}

const common = { client_state: 'state @90017', command_id: 'text' }
const record = {
  record: 'enum record-from-answer',
  record_channels: 'enum single|dual @90001',
  record_format: 'enum wav|mp3 @90000',
  record_max_length: 'int 0..43200',
  record_timeout_secs: 'int 0.. @90049',
  record_track: 'enum both|inbound|outbound @90059',
  record_trim: 'enum trim-silence',
  record_custom_file_name: 'text 1..40',
}
const webhooks = {
  webhook_url: 'text',
  webhook_url_method: 'enum POST|GET',
  webhook_urls: 'object',
  webhook_urls_method: 'enum POST|GET',
  webhook_retries_policies: 'object',
}
const headers = { custom_headers: 'list', sip_headers: 'list' }
const credentials = { sip_auth_username: 'text', sip_auth_password: 'text' }
const outbound = {
  send_digits_on_answer: 'text',
  from_display_name: 'text 0..128',
  timeout_secs: 'int 5..600 @90028',
  time_limit_secs: 'int 30..14400 @90029',
  audio_url: 'text',
  media_name: 'text',
  ...headers,
  ...credentials,
  sip_region: 'enum US|Europe|Canada|Australia|Middle East',
  sip_transport_protocol: 'choice UDP|TCP|TLS',
  media_encryption: 'choice disabled|SRTP|DTLS',
  preferred_codecs: 'text',
  answering_machine_detection:
    'choice disabled|detect|detect_beep|detect_words|greeting_end|premium',
  answering_machine_detection_config: 'object',
  privacy: 'enum id|none',
  ...record,
  ...webhooks,
}
const lacking = {
  assistant: 'lacking',
  conversation_relay_config: 'lacking',
  deepfake_detection: 'lacking',
  transcription: 'lacking',
}
const ringtones =
  'at|au|be|bg|br|ch|cl|cn|cz|de|dk|ee|es|fi|fr|gr|hu|il|in|it|jp|lt|mx|my|nl|no|nz|ph|pl|pt|ru|se|sg|th|tw|uk|us-old|us|ve|za'
const languages =
  'arb|cmn-CN|cy-GB|da-DK|de-DE|en-AU|en-GB|en-GB-WLS|en-IN|en-US|es-ES|es-MX|es-US|fr-CA|fr-FR|hi-IN|is-IS|it-IT|ja-JP|ko-KR|nb-NO|nl-NL|pl-PL|pt-BR|pt-PT|ro-RO|ru-RU|sv-SE|tr-TR'
const speech = {
  payload: '! text 1..3000 @90010',
  voice: '! text @90012',
  payload_type: 'enum text|ssml @90011',
  service_level: 'enum basic|premium @90030',
  language: `enum ${languages} @90013`,
}
const keys = {
  minimum_digits: 'int 1..128 @90022',
  maximum_digits: 'int 1..128 @90023',
  inter_digit_timeout_millis: 'int 1..120000 @90026',
  terminating_digit: 'text @90007',
  valid_digits: 'text @90008',
  timeout_millis: 'int 1.. @90025',
}
const region = { region: 'text' }
const beep = { beep_enabled: 'enum always|never|on_enter|on_exit' }

const call = (
  name: string,
  title: string,
  parameters: Operation['parameters'],
  method: Operation['method'] = 'POST',
): Operation => ({
  method,
  path: `/calls/{call_control_id}/actions/${name}`,
  title,
  parameters,
  otherwise: '422 90015',
})

const conference = (
  name: string,
  title: string,
  parameters: Operation['parameters'],
): Operation => ({
  method: 'POST',
  path: `/conferences/{id}/actions/${name}`,
  title,
  parameters,
  // 404 is not among the answers of commands that name a call.
  otherwise: parameters['call_control_id'] === undefined ? '404 90058' : '422 90015',
})

export const operations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/queues',
    title: 'Create a queue',
    parameters: { queue_name: '! text 1..255', max_size: 'int 1..' },
  },
  {
    method: 'POST',
    path: '/queues/{queue_name}',
    title: 'Update a queue',
    parameters: { max_size: '! int 1..' },
    otherwise: '404 10005',
  },
  {
    method: 'PATCH',
    path: '/queues/{queue_name}/calls/{call_control_id}',
    title: 'Update queued call',
    parameters: { keep_after_hangup: 'bool' },
    otherwise: '404 10005',
  },
  {
    method: 'POST',
    path: '/calls',
    title: 'Dial',
    parameters: {
      connection_id: '! text',
      to: '! number',
      from: '! number',
      ...outbound,
      send_silence_when_idle: 'bool',
      retry_on_timeout: 'bool',
      link_to: 'text',
      bridge_intent: 'bool',
      bridge_on_answer: 'bool',
      park_after_unbridge: 'enum self',
      prevent_double_bridge: 'bool',
      conference_config: 'object',
      supervise_call_control_id: 'text',
      supervisor_role: 'enum barge|whisper|monitor',
      ...lacking,
      dialogflow_config: 'lacking',
      ...common,
    },
    otherwise: '422 10015 /connection_id',
  },
  call('answer', 'Answer call', {
    ...common,
    ...headers,
    preferred_codecs: 'text',
    ...lacking,
    ...record,
    ...webhooks,
  }),
  call('reject', 'Reject a call', { cause: '! enum CALL_REJECTED|USER_BUSY', ...common }),
  call('hangup', 'Hangup call', { custom_headers: 'list', ...common }),
  call('enqueue', 'Enqueue call', {
    queue_name: '! text 1..255',
    max_wait_time_secs: 'int 1..86400',
    max_size: 'int 1..',
    keep_after_hangup: 'bool',
    ...common,
  }),
  call('leave_queue', 'Remove call from a queue', common),
  call('bridge', 'Bridge calls', {
    call_control_id: 'text',
    queue: 'text 1..255',
    video_room_id: 'lacking',
    park_after_unbridge: 'enum self',
    hold_after_unbridge: 'bool',
    play_ringtone: 'bool',
    ringtone: `enum ${ringtones}`,
    mute_dtmf: 'enum none|both|self|opposite',
    prevent_double_bridge: 'bool',
    ...record,
    ...common,
  }),
  call('transfer', 'Transfer call', {
    to: '! number',
    from: 'number',
    ...outbound,
    early_media: 'bool',
    park_after_unbridge: 'enum self',
    mute_dtmf: 'enum none|both|self|opposite',
    target_leg_client_state: 'state @90017',
    ...common,
  }),
  call('refer', 'SIP Refer a call', {
    sip_address: '! text',
    ...headers,
    ...credentials,
    ...common,
  }),
  {
    ...call('playback_start', 'Play audio URL', {
      audio_url: 'text',
      media_name: 'text',
      playback_content: 'text',
      audio_type: 'enum mp3|wav',
      loop: 'loop @90009',
      overlay: 'bool',
      stop: 'enum current|all|overlay @90016',
      target_legs: 'enum self|opposite|both',
      cache_audio: 'bool',
      ...common,
    }),
  },
  call('playback_stop', 'Stop audio playback', {
    stop: 'enum all|current @90016',
    overlay: 'bool',
    ...common,
  }),
  call('speak', 'Speak text', {
    ...speech,
    loop: 'loop @90009',
    stop: 'enum current|all @90016',
    target_legs: 'enum self|opposite|both',
    ...common,
  }),
  call('gather', 'Gather', {
    ...keys,
    initial_timeout_millis: 'int 1..120000 @90056',
    gather_id: 'text 1..40',
    ...common,
  }),
  call('gather_using_audio', 'Gather using audio', {
    audio_url: 'text',
    media_name: 'text',
    invalid_audio_url: 'text',
    invalid_media_name: 'text',
    ...keys,
    maximum_tries: 'int 1..128 @90024',
    ...common,
  }),
  call('gather_using_speak', 'Gather using speak', {
    ...speech,
    invalid_payload: 'text @90010',
    ...keys,
    maximum_tries: 'int 1..128 @90024',
    ...common,
  }),
  call('gather_stop', 'Gather stop', common),
  call('send_dtmf', 'Send DTMF', {
    digits: '! text @90014',
    duration_millis: 'int 100..500 @90027',
    ...common,
  }),
  call('record_start', 'Recording start', {
    format: '! enum wav|mp3 @90000',
    channels: '! enum single|dual @90001',
    max_length: 'int 0..14400',
    play_beep: 'bool',
    recording_track: 'enum both|inbound|outbound @90059',
    timeout_secs: 'int 0.. @90049',
    trim: 'enum trim-silence',
    custom_file_name: 'text 1..40',
    transcription: 'lacking',
    ...common,
  }),
  call('record_stop', 'Recording stop', { recording_id: 'text', ...common }),
  call('record_pause', 'Record pause', { recording_id: 'text', ...common }),
  call('record_resume', 'Record resume', { recording_id: 'text', ...common }),
  call('client_state_update', 'Update client state', { client_state: '! state @90017' }, 'PUT'),
  call('switch_supervisor_role', 'Switch supervisor role', {
    role: '! enum barge|whisper|monitor',
  }),
  {
    method: 'POST',
    path: '/conferences',
    title: 'Create conference',
    parameters: {
      call_control_id: '! text',
      name: '! text',
      ...beep,
      comfort_noise: 'bool',
      duration_minutes: 'int 1..',
      hold_audio_url: 'text',
      hold_media_name: 'text',
      max_participants: 'int 2..800',
      start_conference_on_create: 'bool',
      ...region,
      ...common,
    },
    otherwise: '422 90015',
  },
  conference('join', 'Join a conference', {
    call_control_id: '! text',
    ...beep,
    start_conference_on_enter: 'bool',
    end_conference_on_exit: 'bool',
    soft_end_conference_on_exit: 'bool',
    hold: 'bool',
    hold_audio_url: 'text',
    hold_media_name: 'text',
    mute: 'bool',
    supervisor_role: 'enum barge|monitor|none|whisper',
    whisper_call_control_ids: 'list',
    ...region,
    ...common,
  }),
  conference('leave', 'Leave a conference', {
    call_control_id: '! text',
    ...beep,
    command_id: 'text',
    ...region,
  }),
  conference('hold', 'Hold conference participants', {
    call_control_ids: 'list',
    audio_url: 'text',
    media_name: 'text',
    ...region,
  }),
  conference('unhold', 'Unhold conference participants', { call_control_ids: '! list', ...region }),
  conference('mute', 'Mute conference participants', { call_control_ids: 'list', ...region }),
  conference('unmute', 'Unmute conference participants', { call_control_ids: 'list', ...region }),
  conference('update', 'Update conference participant', {
    call_control_id: '! text',
    supervisor_role: '! enum barge|monitor|none|whisper',
    whisper_call_control_ids: 'list',
    command_id: 'text',
    ...region,
  }),
  conference('end', 'End a conference', { command_id: 'text' }),
  conference('play', 'Play audio to conference participants', {
    audio_url: 'text',
    media_name: 'text',
    loop: 'loop @90009',
    call_control_ids: 'list',
    ...region,
  }),
  conference('stop', 'Stop audio being played on the conference', {
    call_control_ids: 'list',
    ...region,
  }),
  conference('speak', 'Speak text to conference participants', {
    payload: '! text 1..3000 @90010',
    voice: '! text @90012',
    payload_type: 'enum text|ssml @90011',
    language: `enum ${languages} @90013`,
    call_control_ids: 'list',
    command_id: 'text',
    ...region,
  }),
  conference('send_dtmf', 'Send DTMF to conference participants', {
    digits: '! text @90014',
    duration_millis: 'int 100..500 @90027',
    call_control_ids: 'list',
    client_state: 'state @90017',
  }),
  conference('record_start', 'Conference recording start', {
    format: '! enum wav|mp3 @90000',
    channels: 'enum single|dual @90001',
    play_beep: 'bool',
    trim: 'enum trim-silence',
    custom_file_name: 'text 1..40',
    command_id: 'text',
    ...region,
  }),
  ...(
    [
      ['record_stop', 'Conference recording stop'],
      ['record_pause', 'Conference recording pause'],
      ['record_resume', 'Conference recording resume'],
    ] as const
  ).map(([name, title]) =>
    conference(name, title, { recording_id: 'text', command_id: 'text', ...region }),
  ),
  conference('gather_using_audio', 'Gather DTMF using audio prompt in a conference', {
    call_control_id: '! text',
    audio_url: 'text',
    media_name: 'text',
    invalid_audio_url: 'text',
    invalid_media_name: 'text',
    ...keys,
    maximum_tries: 'int 1..128 @90024',
    gather_id: 'text 1..100',
    client_state: 'state @90017',
  }),
  {
    method: 'PATCH',
    path: '/conferences/{id}/participants/{participant_id}',
    title: 'Update a conference participant',
    parameters: {
      ...beep,
      end_conference_on_exit: 'bool',
      soft_end_conference_on_exit: 'bool',
    },
    otherwise: '404 90058',
  },
]

/**
 * Parameters that are taken although the vendor's description of the operation has none of that name: every command takes
 * a `command_id` (C10), and what an operation lacks is refused wherever it is asked for (C22).
 */
export const beyondDescription: Readonly<Record<string, Operation['parameters']>> = {
  'POST /calls': { enable_dialogflow: 'lacking' },
  'POST /calls/{call_control_id}/actions/bridge': { video_room_context: 'lacking' },
  'POST /calls/{call_control_id}/actions/transfer': { ...lacking, send_silence_when_idle: 'bool' },
  'PUT /calls/{call_control_id}/actions/client_state_update': { command_id: 'text' },
  'POST /calls/{call_control_id}/actions/switch_supervisor_role': common,
  'POST /calls/{call_control_id}/actions/gather_using_audio': { gather_id: 'text 1..40' },
  'POST /calls/{call_control_id}/actions/gather_using_speak': { gather_id: 'text 1..40' },
  ...Object.fromEntries(
    ['hold', 'unhold', 'mute', 'unmute', 'play', 'stop'].map((action) => [
      `POST /conferences/{id}/actions/${action}`,
      { command_id: 'text' },
    ]),
  ),
  'POST /conferences/{id}/actions/gather_using_audio': { command_id: 'text', ...region },
  'POST /conferences/{id}/actions/send_dtmf': region,
  'POST /conferences/{id}/actions/speak': { service_level: 'enum basic|premium @90030' },
  'POST /conferences/{id}/actions/record_stop': { client_state: 'state @90017' },
  'POST /conferences/{id}/actions/record_pause': { client_state: 'state @90017' },
  'POST /conferences/{id}/actions/record_resume': { client_state: 'state @90017' },
}

/** The same command under the method that all other commands have (C68). */
export const aliases: readonly Operation[] = [
  {
    ...call('client_state_update', 'Update client state', {
      client_state: '! state @90017',
      command_id: 'text',
    }),
    ours: 'C68',
  },
]
