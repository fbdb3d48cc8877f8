// Composition root of the journal thread: SQLite writes here, so that a slow disk never stops the signalling.

import { parentPort } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import { createClock } from './platform/clock.ts'
import { dataFiles } from './platform/data-files.ts'
import { createTimers } from './platform/timers.ts'
import { createJournal } from './store/sqlite/journal.ts'
import type { JournalReply, JournalRequest } from './store/sqlite/protocol.ts'

const port = parentPort
assert(port !== null, 'journal-worker.ts runs as a worker thread only')

const journal = createJournal({
  timers: createTimers(createClock()),
  files: dataFiles,
  reply: (reply: JournalReply) => port.postMessage(reply),
})
port.on('message', (request: JournalRequest) => journal.receive(request))
