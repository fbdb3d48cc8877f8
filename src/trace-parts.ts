// Builds what writes down the story of calls: the trace with its thread, and what observes the media engine for it. Without
// `trace.enabled` there is neither, and nothing is observed.

import type { Config } from './config/shape.ts'
import { resolvePath } from './platform/files.ts'
import type { StartThread } from './platform/threads.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { MediaEngine, MediaInput } from './ports/media-engine.ts'
import type { MeasuredMedia } from './ports/media-figures.ts'
import type { Metrics } from './ports/metrics.ts'
import type { Timers } from './ports/timers.ts'
import { observeMedia } from './trace/hearing.ts'
import { createTrace, type RunningTrace } from './trace/trace.ts'

export interface TracingParts {
  readonly config: Config
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly start: StartThread
  readonly codecs: string
}

export interface Tracing {
  readonly trace: RunningTrace | undefined
  /** The engine that call logic gets instead. */
  watch(media: MediaEngine & MeasuredMedia): MediaEngine
  heard(input: MediaInput): void
  /** The server is about to stop: questions are answered at once. */
  release(): void
  close(): Promise<void>
}

export function createTracing(parts: TracingParts): Tracing {
  const { config, clock, timers, log, metrics, start, codecs } = parts
  const { enabled, keep_hours: keepHours, max_megabytes: megabytes } = config.trace
  if (!enabled) {
    return {
      trace: undefined,
      watch: (media) => media,
      heard: () => undefined,
      release: () => undefined,
      close: async () => undefined,
    }
  }
  const trace = createTrace({
    ...{ start, clock, timers, log, metrics },
    settings: {
      file: resolvePath(config.dataFolder, 'trace.db'),
      keepMs: keepHours * 3_600_000,
      bytesMax: megabytes * 1_000_000,
      hideDigits: config.trace.hide_digits,
      ownAddress: config.sip.advertise,
      connectionCodecs: codecs,
    },
  })
  let observed: ReturnType<typeof observeMedia> | undefined
  return {
    trace,
    watch(media) {
      observed = observeMedia({ media, figures: (legId) => media.figures(legId), trace, timers })
      return observed.media
    },
    heard: (input) => observed?.heard(input),
    release: () => trace.release(),
    async close() {
      observed?.stop()
      await trace.close()
    },
  }
}
