// Every metric of ours: what `GET /metrics` says in its HELP lines and what docs/reference/metrics.md is made of. A test
// reads the sources and fails on a metric that is not here, and on a line here that nothing counts.

export interface MetricRow {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

const row = (
  kind: MetricRow['kind'],
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricRow => ({ name: `holdfast_${name}`, kind, labels, help })

export const metricTable: readonly MetricRow[] = [
  row('gauge', 'legs', 'Living call legs.'),
  row('gauge', 'queued', 'Calls that wait in queues, kept places included.'),
  row('gauge', 'queued_calls', 'The same as holdfast_queued, as of the last event.'),
  row('gauge', 'bridges', 'Pairs of calls that hear each other.'),
  row('gauge', 'conferences', 'Running conferences.'),
  row('gauge', 'registered_users', 'SIP users with a phone that is registered now.'),
  row('counter', 'events_total', 'Events of the call logic by type.', ['type']),
  row(
    'counter',
    'engine_faults_total',
    'Faults of ours in the call logic; each costs one call. Any is worth a look at the log.',
  ),
  row(
    'counter',
    'effect_failures_total',
    'What was decided but could not be carried out because of a fault of ours.',
  ),

  row('gauge', 'webhook_backlog', 'Webhooks that are owed.'),
  row('gauge', 'webhook_parked', 'Of those, how many are retried apart from their call.'),
  row('counter', 'webhook_attempts_total', 'Attempts to deliver a webhook by result.', ['result']),
  row('histogram', 'webhook_attempt_ms', 'How long a receiver took to answer.'),
  row('counter', 'webhook_given_up_total', 'Webhooks given up after webhooks.give_up_hours.'),
  row(
    'counter',
    'command_records_lost_total',
    'Commands missing in GET /v2/call_events because the disk was behind.',
  ),

  row('gauge', 'store_ok', '1 while the disk takes writes, 0 while it does not.'),
  row('gauge', 'store_backlog', 'Writes that wait for the disk.'),
  row('counter', 'store_troubles_total', 'How often the disk stopped taking writes.', ['kind']),
  row('counter', 'store_left_out_total', 'What was left out while the disk was full, by kind.', [
    'kind',
  ]),

  row('gauge', 'recordings', 'Running recordings.'),
  row('counter', 'recording_failures_total', 'Recordings that could not be written.'),
  row('counter', 'recording_lost_frames_total', 'Pieces of 20 ms missing in recordings.'),
  row('gauge', 'listeners', 'People and programs that listen to calls now.'),
  row('gauge', 'streams', 'Running streams and forks.'),
  row('counter', 'stream_failures_total', 'Streams that could not be connected, or broke.'),
  row(
    'counter',
    'stream_dropped_frames_total',
    'Pieces of 20 ms that a slow far end of a stream did not get.',
  ),
  row(
    'counter',
    'media_skipped_ticks_total',
    'Turns of 20 ms that the media thread was too late for. Grows: the machine is too small.',
  ),
  row(
    'counter',
    'trace_lost_total',
    'Entries missing in call timelines because the disk was behind.',
  ),

  row(
    'counter',
    'sip_overload_refusals_total',
    'New calls refused with 503 because the server was behind.',
  ),
  row('counter', 'sip_messages_dropped_total', 'SIP messages dropped, by reason.', ['reason']),
  row('counter', 'sip_strangers_dropped_total', 'Requests of strangers dropped, by reason.', [
    'reason',
  ]),
  row('counter', 'sip_sources_banned_total', 'Sources that are not heard for sip.ban_secs.'),
  row(
    'counter',
    'sip_connections_refused_total',
    'TCP connections refused: too many from one source, or at all.',
    ['reason'],
  ),
  row('counter', 'sip_connections_closed_total', 'TCP connections closed by us, by reason.', [
    'reason',
  ]),
  row('counter', 'sip_socket_errors_total', 'Errors of the UDP socket.', ['transport']),
  row(
    'counter',
    'sip_headers_dropped_total',
    'Headers of commands that were not sent, by reason.',
    ['why'],
  ),
  row(
    'counter',
    'sip_stray_answers_total',
    'Late answers to calls of ours that no longer exist; each is ended properly.',
  ),
  row('counter', 'sip_late_effects_total', 'What was decided for a call that ended meanwhile.', [
    'effect',
  ]),
  row(
    'counter',
    'sip_faults_total',
    'Faults of ours in handling a SIP message; each costs that message.',
  ),
]

/** Name to description, as `createMetrics` takes it. */
export const metricHelp: Readonly<Record<string, string>> = Object.fromEntries(
  metricTable.map(({ name, help }) => [name, help]),
)
