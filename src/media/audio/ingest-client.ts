// Audio files to clips, in a worker thread of their own: decoders of foreign formats may hang or die on hostile files.

import { refused } from '../../base/result.ts'
import type { Timers } from '../../ports/timers.ts'
import type { AudioClip } from './clip.ts'
import type { Ingest, IngestLimits } from './ingest.ts'
import { WorkerJobs } from './worker-jobs.ts'
import type { JobReply, JobRequest, JobThread, JobThreadCallbacks } from './worker-jobs.ts'

export interface IngestWork {
  readonly bytes: Uint8Array
  readonly limits: IngestLimits
}

export type IngestRequest = JobRequest<IngestWork>
export type IngestReply = JobReply<AudioClip>

export interface IngestClientOptions {
  readonly spawn: (callbacks: JobThreadCallbacks) => JobThread<IngestWork>
  readonly timers: Timers
  readonly limits: IngestLimits
  /** Longest that one file may take. */
  readonly timeoutMs: number
  /** Files that may wait; more are refused. */
  readonly waitingMax: number
}

export interface IngestClient {
  readonly ingest: Ingest
  /** Ends the thread; what is waiting is refused. */
  close(): void
}

const words = {
  whole: 'audio ingest',
  doing: 'decoding',
  doer: 'decoder',
  things: 'audio files',
}

/** Makes the client; the thread is started by the first file. */
export function createIngestClient(options: IngestClientOptions): IngestClient {
  const { limits, ...rest } = options
  const jobs = new WorkerJobs<IngestWork, AudioClip>({ ...rest, words })
  return {
    ingest: (bytes) =>
      bytes.length > limits.bytesMax
        ? Promise.resolve(refused(`file is larger than ${limits.bytesMax} bytes`))
        : jobs.run({ bytes, limits }),
    close: () => jobs.close(),
  }
}
