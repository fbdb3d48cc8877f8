// Builds what recording needs: the recorder with its thread, the folder, and links that others can follow.

import type { Config } from './config/shape.ts'
import { createRecordingLinks } from './api/recordings/links.ts'
import type { WorkerCommand } from './media/embedded/protocol.ts'
import { createRecorder } from './media/recording/recorder.ts'
import { resolvePath } from './platform/files.ts'
import { recordingFiles } from './platform/recording-files.ts'
import type { StartThread } from './platform/threads.ts'
import type { Log } from './ports/log.ts'
import type { Metrics } from './ports/metrics.ts'
import type { RecorderInput } from './ports/recorder.ts'
import type { Timers } from './ports/timers.ts'

export interface RecordingParts {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly timers: Timers
  readonly start: StartThread
  /** Random bytes that outlive the process. */
  readonly secret: Uint8Array
  readonly postMedia: (commands: readonly WorkerCommand[]) => void
  readonly deliver: (input: RecorderInput) => void
}

export function createRecordings(parts: RecordingParts) {
  const { config, log, metrics, timers, start, postMedia, deliver } = parts
  const folder = resolvePath(config.dataFolder, 'recordings')
  const links = createRecordingLinks(parts.secret)
  const publicUrl = config.http.public_url.replace(/\/+$/, '')
  const { host, port } = config.http
  let origin = publicUrl || `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    recorder: createRecorder({ start, folder, postMedia, deliver, log, metrics, timers }),
    api: { links, files: recordingFiles(folder), publicUrl },
    /** For webhooks, which nobody asked for: there is no host that a client used. */
    url: (recording: { readonly fileName: string }, atMs: number): string =>
      `${origin}${links.pathOf(recording.fileName, atMs)}`,
    /** Where the server really listens. */
    listensAt(address: string): void {
      if (publicUrl === '') origin = address
    },
  }
}
