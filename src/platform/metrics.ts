// Metrics as Prometheus reads them. A metric is made at its first use; its label names are those of that use, so every
// use of a name must carry the same ones.

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Metrics } from '../ports/metrics.ts'

type Labels = Readonly<Record<string, string>>

/** Bounds by unit suffix: from well below an audio tick to the longest wait a command may have. */
const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const msBounds = secondsBounds.map((seconds) => seconds * 1000)
const countBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

export interface PlatformMetrics extends Metrics {
  readonly contentType: string
  /** The text of `GET /metrics`. */
  render(): Promise<string>
}

/** `help` gives names their description; names that it lacks describe themselves. */
export function createMetrics(
  options: { readonly help?: Labels; readonly process?: boolean } = {},
): PlatformMetrics {
  const { help = {}, process = false } = options
  const registry = new Registry()
  if (process) collectDefaultMetrics({ register: registry })
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()

  const shape = (name: string, labels: Labels) => ({
    name,
    help: help[name] ?? name,
    labelNames: Object.keys(labels),
    registers: [registry],
  })

  return {
    contentType: registry.contentType,
    count(name, labels = {}, by = 1) {
      once(counters, name, () => new Counter(shape(name, labels))).inc(labels, by)
    },
    gauge(name, value, labels = {}) {
      once(gauges, name, () => new Gauge(shape(name, labels))).set(labels, value)
    },
    observe(name, value, labels = {}) {
      const make = () => new Histogram({ ...shape(name, labels), buckets: boundsOf(name) })
      once(histograms, name, make).observe(labels, value)
    },
    render: () => registry.metrics(),
  }
}

function once<T>(known: Map<string, T>, name: string, make: () => T): T {
  const present = known.get(name)
  if (present !== undefined) return present
  const made = make()
  known.set(name, made)
  return made
}

function boundsOf(name: string): number[] {
  if (name.endsWith('_seconds')) return secondsBounds
  return name.endsWith('_ms') ? msBounds : countBounds
}
