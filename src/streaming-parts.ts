// Builds what streaming needs: the streamer, with its thread, between the call logic and the media engine.

import type { LegId } from './base/ids.ts'
import type { Config } from './config/shape.ts'
import type { Ingest } from './media/audio/ingest.ts'
import type { WorkerCommand } from './media/embedded/protocol.ts'
import { createStreamer, type RunningStreamer } from './media/streaming/streamer.ts'
import type { StartThread } from './platform/threads.ts'
import type { Log } from './ports/log.ts'
import type { MediaEngine } from './ports/media-engine.ts'
import type { Metrics } from './ports/metrics.ts'
import type { StreamInput } from './ports/streaming.ts'
import type { Timers } from './ports/timers.ts'

export interface StreamingParts {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  readonly timers: Timers
  readonly start: StartThread
  readonly audio: {
    readonly media: MediaEngine
    readonly ingest: Ingest
    readonly post: (commands: readonly WorkerCommand[]) => void
  }
  readonly deliver: (input: StreamInput) => void
}

export function createStreaming(parts: StreamingParts): RunningStreamer {
  const { config, log, metrics, timers, start, audio, deliver } = parts
  const { media, ingest, post } = audio
  return createStreamer({
    ...{ start, ingest, deliver, log, metrics, timers, postMedia: post },
    allow: config.egress.allow,
    codecOf: (legId: LegId) => media.quality(legId)?.codec,
  })
}
