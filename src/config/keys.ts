// Every key of the configuration, once: name, type, unit, default, range, meaning, stability. Loading, error texts and
// docs/reference/configuration.md all come from this table.

import {
  addressRanges,
  boolean,
  choice,
  choices,
  httpUrl,
  integer,
  optionalInteger,
  portRange,
  records,
  text,
  texts,
  timeZone,
} from './spec.ts'
import type { Table, ValueOf } from './spec.ts'

const loopback = ['127.0.0.0/8', '::1/128']
const word = /^[^\s\p{Cc}]*$/u
const wordSays = 'text without spaces'
const hex32 = /^([0-9a-f]{32})?$/
const hex64 = /^([0-9a-f]{64})?$/

const http = {
  host: text(
    255,
    { default: '127.0.0.1', doc: 'Address the HTTP server listens on.' },
    word,
    wordSays,
  ),
  port: integer(0, 65_535, { default: 8080, doc: 'TCP port; 0 is any free one.' }),
  public_url: httpUrl({
    default: '',
    doc: 'How others reach this HTTP server, such as `https://calls.example.com`: the beginning of links to recordings. Empty: `http.host` and `http.port`, in answers the host that the client used.',
  }),
  rate_limit_per_sec: integer(0, 100_000, {
    default: 0,
    unit: 'requests/s',
    doc: 'Requests per second and API key; 0 turns the limit off. Beyond it: 429 with Retry-After.',
  }),
}

const sip = {
  host: text(
    255,
    { default: '127.0.0.1', doc: 'Address the SIP transports listen on.' },
    word,
    wordSays,
  ),
  port: integer(0, 65_535, { default: 5060, doc: 'UDP and TCP port; 0 is any free one.' }),
  transports: choices(['udp', 'tcp'], { default: ['udp', 'tcp'], doc: 'Transports to listen on.' }),
  domain: text(
    255,
    { default: 'localhost', doc: 'Own SIP domain: the realm, and the host part of the users.' },
    word,
    wordSays,
  ),
  advertise: text(
    255,
    {
      default: '',
      doc: 'Address written into Contact and Via when it differs from `sip.host` (NAT).',
    },
    word,
    wordSays,
  ),
  flow_wait_secs: integer(1, 3600, {
    default: 90,
    unit: 's',
    doc: 'How long a call whose TCP connection died waits for its peer to connect again.',
  }),
  accept_unauthenticated_from: addressRanges({
    default: loopback,
    doc: 'Sources whose calls need no digest authentication.',
  }),
  digest_algorithms: choices(['SHA-256', 'MD5'], {
    default: ['MD5'],
    doc: 'Offered to users who must authenticate. Many phones know MD5 alone and give up when SHA-256 is offered too.',
  }),
  source_rate_per_sec: integer(1, 100_000, {
    default: 50,
    unit: 'requests/s',
    doc: 'Requests that a source may begin which is no trunk, no open source and has proved no password; the rest is dropped.',
    stability: 'tuning',
  }),
  source_burst: integer(1, 100_000, {
    default: 100,
    unit: 'requests',
    doc: 'How many such requests are taken at once after a silence.',
    stability: 'tuning',
  }),
  strangers_rate_per_sec: integer(1, 100_000, {
    default: 500,
    unit: 'requests/s',
    doc: 'The same for all such sources together.',
    stability: 'tuning',
  }),
  failed_logins: integer(1, 100_000, {
    default: 10,
    unit: 'attempts',
    doc: 'Wrong passwords from such a source within `sip.ban_secs` after which it hears nothing for that time.',
    stability: 'tuning',
  }),
  ban_secs: integer(0, 86_400, {
    default: 600,
    unit: 's',
    doc: 'How long a source that guesses passwords, or calls itself a known scanner, hears nothing; 0 is never.',
    stability: 'tuning',
  }),
  session_expires_secs: integer(90, 86_400, {
    default: 1800,
    unit: 's',
    doc: 'Session timer (RFC 4028) that we ask for; a peer may ask for 90 s at the least.',
    stability: 'tuning',
  }),
}

const media = {
  host: text(
    255,
    { default: '127.0.0.1', doc: 'Address the RTP ports are bound to.' },
    word,
    wordSays,
  ),
  advertise: text(
    255,
    { default: '', doc: 'Address written into SDP when it differs from `media.host` (NAT).' },
    word,
    wordSays,
  ),
  ports: portRange({
    default: { first: 20_000, last: 29_999 },
    doc: 'RTP and RTCP ports; a call leg uses one even port and the next odd one.',
  }),
  engine: choice(['embedded'], { default: 'embedded', doc: 'What carries the audio.' }),
  port_rest_ms: integer(0, 600_000, {
    default: 2000,
    unit: 'ms',
    doc: 'How long a port rests after a call before it is used again.',
    stability: 'tuning',
  }),
}

const application = {
  id: text(
    19,
    { required: true, doc: 'The `connection_id` of its calls.' },
    /^[1-9]\d{0,18}$/,
    'decimal number without leading zero',
  ),
  name: text(255, { required: true, doc: 'Shown as `application_name`.' }, /^[^\p{Cc}]+$/u, 'text'),
  active: boolean({ default: true, doc: 'false: takes no calls and makes none.' }),
  webhook_event_url: httpUrl({
    default: '',
    doc: 'Where webhooks go. Empty: nothing is delivered, events are kept.',
  }),
  webhook_event_failover_url: httpUrl({
    default: '',
    doc: 'Where webhooks go after the first URL failed repeatedly.',
  }),
  webhook_timeout_secs: integer(0, 30, {
    default: 0,
    unit: 's',
    doc: 'Time a receiver has for its answer; 0 is the default of 2 s.',
  }),
  numbers: texts(10_000, 255, {
    default: [],
    doc: 'Numbers (+E.164) and SIP user names whose inbound calls belong to it; `*` takes all others.',
  }),
  dtmf_type: choice(['RFC 2833', 'Inband', 'SIP INFO'], {
    default: 'RFC 2833',
    doc: 'How keys are sent; all forms are understood.',
  }),
  first_command_timeout: boolean({
    default: false,
    doc: 'Hang up inbound calls that get no command.',
  }),
  first_command_timeout_secs: integer(1, 3600, {
    default: 30,
    unit: 's',
    doc: 'The time for `first_command_timeout`.',
  }),
  inbound_channel_limit: optionalInteger(1, 1_000_000, {
    unit: 'calls',
    doc: 'Simultaneous inbound calls.',
  }),
  outbound_channel_limit: optionalInteger(1, 1_000_000, {
    unit: 'calls',
    doc: 'Simultaneous outbound calls.',
  }),
  tags: texts(100, 255, { default: [], doc: 'Free labels.' }),
}

const speech = {
  espeak_ng: text(
    4096,
    {
      default: 'espeak-ng',
      doc: 'Program that speaks languages other than English: a name in PATH or a full path. Without it only English is spoken; empty: it is not used.',
    },
    word,
    wordSays,
  ),
}

const limits = {
  calls: integer(1, 100_000, {
    default: 2000,
    unit: 'legs',
    doc: 'Living call legs; beyond it new calls are refused with 503.',
  }),
  queues: integer(1, 1_000_000, { default: 10_000, unit: 'queues', doc: 'Queues at one time.' }),
  queue_size: integer(1, 1_000_000, {
    default: 100_000,
    unit: 'calls',
    doc: 'Highest `max_size` that a queue may be given.',
  }),
  conferences: integer(1, 100_000, {
    default: 1000,
    unit: 'conferences',
    doc: 'Running conferences at one time.',
  }),
  conference_participants: integer(2, 800, {
    default: 800,
    unit: 'legs',
    doc: 'Highest `max_participants` that a conference may be given.',
  }),
  body_bytes: integer(1024, 67_108_864, {
    default: 1_048_576,
    unit: 'bytes',
    doc: 'Largest request body; beyond it 413.',
  }),
  playback_body_bytes: integer(1024, 67_108_864, {
    default: 8_388_608,
    unit: 'bytes',
    doc: 'Largest request body of `playback_start`, which may carry `playback_content`.',
  }),
  playback_bytes: integer(1024, 268_435_456, {
    default: 20_971_520,
    unit: 'bytes',
    doc: 'Largest audio file that is downloaded for playback.',
  }),
  media_file_bytes: integer(1024, 268_435_456, {
    default: 20_971_520,
    unit: 'bytes',
    doc: 'Largest file that may be uploaded to `/v2/media`.',
  }),
  media_files: integer(0, 100_000, {
    default: 1000,
    unit: 'files',
    doc: 'Uploaded files at one time; they lie in `media/` of the data directory.',
  }),
  listeners: integer(0, 1000, {
    default: 20,
    unit: 'listeners',
    doc: 'Who listens to calls at one time (`console.allow_listen`); beyond it 503.',
  }),
  live_readers: integer(0, 10_000, {
    default: 200,
    unit: 'readers',
    doc: 'Readers of `GET /v2/live` at one time; beyond it 503.',
  }),
  webhook_backlog: integer(1000, 100_000_000, {
    default: 1_000_000,
    unit: 'webhooks',
    doc: 'Owed webhooks that are kept; beyond it the server reports itself degraded.',
  }),
}

/** The table. The order is the order of the reference. */
export const keys = {
  http,
  sip,
  media,
  speech,
  data: text(4096, {
    default: './data',
    doc: 'Folder of the database and the keys; relative to the configuration file, else to the working directory.',
  }),
  api_keys: records(
    1000,
    'API keys. None: HOLDFAST_API_KEY, else one is made and kept in `<data>/api-key`.',
    {
      name: text(
        64,
        { required: true, doc: 'Shown in logs instead of the key.' },
        /^[^\p{Cc}]+$/u,
        'text',
      ),
      key: text(
        512,
        { default: '', secret: true, doc: 'The key itself; or give `key_sha256`.' },
        word,
        wordSays,
      ),
      key_sha256: text(
        64,
        { default: '', secret: true, doc: 'SHA-256 of the key in hexadecimal digits.' },
        hex64,
        '64 hexadecimal digits in lower case',
      ),
      outbound_prefixes: texts(10_000, 16, {
        default: [],
        doc: 'Like `outbound.allow_prefixes`, for what this key dials; both must allow a number. Empty is all.',
      }),
      outbound_calls_per_minute: integer(0, 100_000, {
        default: 0,
        unit: 'calls',
        doc: 'Like `outbound.calls_per_minute`, for this key; 0 is no limit of its own.',
      }),
      outbound_concurrent_calls: integer(0, 100_000, {
        default: 0,
        unit: 'calls',
        doc: 'Like `outbound.concurrent_calls`, for this key; 0 is no limit of its own.',
      }),
    },
  ),
  applications: records(
    10_000,
    'Call control applications. None: one with id 1000000001, name `default`, numbers `["*"]` and the URL of HOLDFAST_WEBHOOK_URL.',
    application,
  ),
  sip_users: records(
    100_000,
    'SIP users: phones that may register; reachable as `sip:<username>@<sip.domain>`.',
    {
      username: text(
        64,
        { required: true, doc: 'User part of the SIP address.' },
        /^[A-Za-z0-9\-_.!~*'()+]+$/,
        "letters, digits and -_.!~*'()+",
      ),
      password: text(
        255,
        { default: '', secret: true, doc: 'Password; or give both hashes.' },
        /^[^\p{Cc}]*$/u,
        'text',
      ),
      ha1_md5: text(
        32,
        { default: '', secret: true, doc: 'MD5 of `username:sip.domain:password`.' },
        hex32,
        '32 hexadecimal digits in lower case',
      ),
      ha1_sha256: text(
        64,
        { default: '', secret: true, doc: 'SHA-256 of `username:sip.domain:password`.' },
        hex64,
        '64 hexadecimal digits in lower case',
      ),
    },
  ),
  trunks: records(1000, 'Carriers: where numbers are dialled to, and whose calls are taken.', {
    name: text(64, { required: true, doc: 'Unique name.' }, /^[^\p{Cc}]+$/u, 'text'),
    uri: text(
      1024,
      { required: true, doc: 'Where its calls go, such as `sip:127.0.0.1:5080`.' },
      /^sips?:[^\s\p{Cc}@<>"]+$/u,
      'SIP URI without user',
    ),
    inbound_from: addressRanges({ default: [], doc: 'Sources of its inbound calls.' }),
    username: text(255, { default: '', doc: 'For digest challenges of the carrier.' }),
    password: text(255, {
      default: '',
      secret: true,
      doc: 'For digest challenges of the carrier.',
    }),
    probe_secs: integer(0, 86_400, {
      default: 30,
      unit: 's',
      doc: 'How often OPTIONS asks whether it is there, for `GET /v2/sip_trunks`; 0 is never. Calls do not depend on it.',
    }),
  }),
  queues: {
    collect_empty_after_secs: integer(0, 31_536_000, {
      default: 3600,
      unit: 's',
      doc: 'A queue that is empty and unused for so long is removed; 0 is never.',
    }),
    collect_created: boolean({
      default: true,
      doc: 'false: queues made by POST /v2/queues are never removed by themselves.',
    }),
  },
  outbound: {
    allow_uri_hosts: texts(1000, 255, {
      default: loopback,
      doc: 'Hosts (names, addresses or CIDR ranges) that `sip:` URIs of the API may dial, besides users and trunks.',
    }),
    allow_prefixes: texts(10_000, 16, {
      default: [],
      doc: 'Beginnings of the numbers that may be called over trunks, such as `+44`; empty is all.',
    }),
    calls_per_minute: integer(0, 100_000, {
      default: 0,
      unit: 'calls',
      doc: 'Calls over trunks that the whole server may begin within a minute; 0 is no limit.',
    }),
    concurrent_calls: integer(0, 100_000, {
      default: 0,
      unit: 'calls',
      doc: 'Calls over trunks that the whole server may have at one time; 0 is no limit.',
    }),
  },
  egress: {
    allow: addressRanges({
      default: loopback,
      doc: 'Private networks that webhook and audio URLs may reach; public addresses always may be reached.',
    }),
  },
  webhooks: {
    hold_secs: integer(1, 3600, {
      default: 60,
      unit: 's',
      doc: 'How long a failing webhook holds back the later ones of its call.',
    }),
    give_up_hours: integer(1, 720, {
      default: 72,
      unit: 'h',
      doc: 'How long a webhook is retried.',
    }),
  },
  recordings: {
    keep_days: integer(0, 36_500, {
      default: 0,
      unit: 'd',
      doc: 'How long finished recordings are kept; 0 is until they are deleted.',
    }),
  },
  events: {
    keep_hours: integer(1, 8760, {
      default: 72,
      unit: 'h',
      doc: 'How long events can be read at `GET /v2/events`; each takes about 1.5 kB of disk.',
    }),
  },
  statistics: {
    time_zone: timeZone({
      default: 'UTC',
      doc: 'Where the day of `GET /v2/queue_statistics` begins at midnight.',
    }),
    service_level_secs: integer(1, 600, {
      default: 20,
      unit: 's',
      doc: 'Calls answered in less than this are in time, unless a queue has a target of its own.',
    }),
    service_level_percent: integer(1, 100, {
      default: 80,
      unit: '%',
      doc: 'So many calls are to be answered in time, unless a queue has a target of its own.',
    }),
    short_abandon_secs: integer(0, 600, {
      default: 5,
      unit: 's',
      doc: 'Callers who hang up in less than this are not held against the service level.',
    }),
  },
  trace: {
    enabled: boolean({
      default: true,
      doc: 'Write down what happens in calls, for `GET /v2/calls/{call_control_id}/timeline`; in `trace.db` of the data directory.',
    }),
    keep_hours: integer(1, 8760, {
      default: 24,
      unit: 'h',
      doc: 'How long it is kept.',
    }),
    max_megabytes: integer(10, 1_000_000, {
      default: 1000,
      unit: 'MB',
      doc: 'How large it may grow; beyond it the oldest goes. A call in a queue takes about 60 kB, and 4 kB for each minute that it lasts.',
    }),
    hide_digits: boolean({
      default: false,
      doc: 'Pressed keys are not written there: for callers who type card numbers. Events and webhooks still have them.',
    }),
  },
  console: {
    enabled: boolean({
      default: true,
      doc: 'Serve the pages at `/console/`. The API is the same without them.',
    }),
    allow_listen: boolean({
      default: false,
      doc: 'Let admins listen to calls that are up, in the console or over `GET /v2/calls/{call_control_id}/listen`. Nobody in the call notices; in many countries that needs their consent.',
    }),
  },
  lab: {
    enabled: boolean({
      default: false,
      doc: 'For tests of applications: time that can be moved and faults that can be switched on, under `/v2/lab`. Only where `http.host` and `sip.host` are loopback addresses.',
    }),
  },
  calls: {
    ring_limit_secs: integer(1, 3600, {
      default: 180,
      unit: 's',
      doc: 'How long an inbound call may stay unanswered.',
    }),
    rtp_loss_hangup_secs: integer(0, 86_400, {
      default: 0,
      unit: 's',
      doc: 'Hang up an answered call that sent no audio for so long; 0 is never.',
    }),
  },
  limits,
  log: {
    level: choice(['debug', 'info', 'warn', 'error'], {
      default: 'info',
      doc: 'Least important message that is written.',
    }),
  },
} as const satisfies Table

/** What the table describes, before secrets are hashed and applications are shaped. */
export type RawConfig = ValueOf<typeof keys>
