// The tables, as numbered migrations: number n brings a file from version n-1 to n. A migration that has been released
// is never edited. JSON columns hold what only the engine or the webhook room reads.

/** `PRAGMA application_id`: "HFLD". */
export const applicationId = 0x48464c44

export const migrations: readonly string[] = [
  `
  CREATE TABLE state (
    kind TEXT NOT NULL, id TEXT NOT NULL, row TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  );
  CREATE TABLE queue (
    name TEXT PRIMARY KEY, id TEXT NOT NULL, max_size INTEGER NOT NULL, explicit INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL, idle_since_ms INTEGER
  );
  CREATE TABLE entry (
    leg_id TEXT PRIMARY KEY, place INTEGER NOT NULL, queue_name TEXT NOT NULL,
    enqueued_at_ms INTEGER NOT NULL, alive INTEGER NOT NULL, facts TEXT NOT NULL
  );
  CREATE UNIQUE INDEX entry_place ON entry (place);
  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL, occurred_at_us INTEGER NOT NULL,
    leg_id TEXT, type TEXT NOT NULL, json TEXT NOT NULL
  );
  CREATE TABLE delivery (
    sequence INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL UNIQUE, row TEXT NOT NULL,
    attempts INTEGER NOT NULL, next_attempt_at_ms INTEGER NOT NULL, state TEXT NOT NULL,
    finished_at_ms INTEGER, last_attempt TEXT
  );
  CREATE INDEX delivery_pending ON delivery (sequence) WHERE state = 'pending';
  CREATE INDEX delivery_finished ON delivery (finished_at_ms) WHERE finished_at_ms IS NOT NULL;
  CREATE INDEX event_time ON event (occurred_at_us);
  CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
  INSERT INTO mark VALUES ('last_sequence', 0);
  `,
  // Events are read by others in order; what applications are owed is read one application at a time.
  `
  ALTER TABLE event ADD COLUMN leg_sequence INTEGER;
  CREATE TABLE pruned_event (
    id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, event_id TEXT NOT NULL
  );
  INSERT INTO pruned_event VALUES (1, 0, '');
  ALTER TABLE delivery ADD COLUMN application_id TEXT NOT NULL DEFAULT '';
  UPDATE delivery SET application_id = json_extract(row, '$.applicationId');
  DROP INDEX delivery_pending;
  CREATE INDEX delivery_pending ON delivery (application_id, sequence) WHERE state = 'pending';
  `,
  // A failing webhook that its lane no longer waits for lies here until it is due.
  `
  CREATE INDEX delivery_apart ON delivery (application_id, next_attempt_at_ms) WHERE state = 'apart';
  `,
  // What is looked up afterwards: events of a call or a session, commands, and all attempts of a webhook.
  `
  ALTER TABLE event ADD COLUMN leg_uuid TEXT;
  ALTER TABLE event ADD COLUMN session_id TEXT;
  ALTER TABLE event ADD COLUMN application_id TEXT;
  CREATE INDEX event_call ON event (leg_uuid) WHERE leg_uuid IS NOT NULL;
  CREATE INDEX event_session ON event (session_id) WHERE session_id IS NOT NULL;
  CREATE TABLE command (
    id INTEGER PRIMARY KEY, occurred_at_us INTEGER NOT NULL, name TEXT NOT NULL, leg_uuid TEXT NOT NULL,
    session_id TEXT NOT NULL, application_id TEXT NOT NULL, caller TEXT NOT NULL, callee TEXT NOT NULL,
    failed INTEGER NOT NULL, metadata TEXT NOT NULL
  );
  CREATE INDEX command_call ON command (leg_uuid);
  CREATE INDEX command_session ON command (session_id);
  CREATE INDEX command_time ON command (occurred_at_us);
  CREATE TABLE attempt (
    sequence INTEGER NOT NULL, number INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (sequence, number)
  ) WITHOUT ROWID;
  CREATE TRIGGER delivery_gone AFTER DELETE ON delivery BEGIN
    DELETE FROM attempt WHERE sequence = old.sequence;
  END;
  `,
  // Recordings that are over are only looked up: they leave the rows that a start loads.
  `
  CREATE TABLE recording (
    id TEXT PRIMARY KEY, started_at_us INTEGER NOT NULL, ended_at_us INTEGER NOT NULL, leg_uuid TEXT NOT NULL,
    session_id TEXT NOT NULL, application_id TEXT NOT NULL, conference_id TEXT, caller TEXT NOT NULL,
    callee TEXT NOT NULL, row TEXT NOT NULL
  );
  INSERT INTO recording
    SELECT id, started_at_us, ended_at_us, leg_uuid, session_id, application_id, conference_id, caller, callee,
      json_patch(
        json_object(
          'recordingId', id, 'status', CASE ended WHEN 'saved' THEN 'completed' ELSE 'failed' END,
          'legId', json_extract(row, '$.leg.legId'), 'legUuid', leg_uuid, 'sessionId', session_id,
          'applicationId', application_id, 'from', caller, 'to', callee,
          'format', json_extract(row, '$.order.format'),
          'channels', CASE json_extract(row, '$.order.track')
            WHEN 'both' THEN json_extract(row, '$.order.channels') ELSE 'single' END,
          'fileName', json_extract(row, '$.fileName'), 'durationMs', json_extract(row, '$.durationMs'),
          'startedAtUs', started_at_us, 'endedAtUs', ended_at_us,
          'startedAtMs', CAST(started_at_us / 1000 AS INTEGER),
          'endedAtMs', CAST(ended_at_us / 1000 AS INTEGER),
          'updatedAtMs', json_extract(row, '$.updatedAtMs')
        ),
        CASE WHEN conference_id IS NULL THEN '{}' ELSE json_object('conferenceId', conference_id) END
      )
    FROM (
      SELECT id, row, json_extract(row, '$.at') AS ended, json_extract(row, '$.startedAtUs') AS started_at_us,
        coalesce(json_extract(row, '$.endedAtUs'), json_extract(row, '$.updatedAtMs') * 1000) AS ended_at_us,
        json_extract(row, '$.leg.legUuid') AS leg_uuid, json_extract(row, '$.leg.sessionId') AS session_id,
        json_extract(row, '$.leg.applicationId') AS application_id,
        json_extract(row, '$.of.conferenceId') AS conference_id,
        json_extract(row, '$.leg.from') AS caller, json_extract(row, '$.leg.to') AS callee
      FROM state WHERE kind = 'recording'
    ) WHERE ended IN ('saved', 'failed');
  DELETE FROM state WHERE kind = 'recording' AND json_extract(row, '$.at') IN ('saved', 'failed');
  CREATE INDEX recording_start ON recording (started_at_us, id);
  CREATE INDEX recording_end ON recording (ended_at_us);
  CREATE INDEX recording_call ON recording (leg_uuid);
  CREATE INDEX recording_session ON recording (session_id);
  CREATE INDEX recording_conference ON recording (conference_id) WHERE conference_id IS NOT NULL;
  CREATE INDEX recording_application ON recording (application_id, started_at_us, id);
  CREATE INDEX recording_caller ON recording (caller, started_at_us, id);
  CREATE INDEX recording_callee ON recording (callee, started_at_us, id);
  `,
]
