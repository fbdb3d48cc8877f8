// Metrics as Prometheus reads them (text format 0.0.4). A metric is made at its first use; its label names are those of
// that use, so every use of a name must carry the same ones. The figures of calls are kept here: a number by name and
// labels, counted many times for each call. Those of the process come from prom-client, which is read a moment after the
// start, because with all that it brings it is larger than most rooms of the server.

import type { Registry } from 'prom-client'
import type { Metrics } from '../ports/metrics.ts'

type Labels = Readonly<Record<string, string>>

/** Bounds by unit suffix: from well below an audio tick to the longest wait a command may have. */
const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const msBounds = secondsBounds.map((seconds) => seconds * 1000)
const countBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
/** From then on collections of garbage and delays of the event loop are counted; earlier when somebody asks. */
const watchProcessAfterMs = 3_000

export interface PlatformMetrics extends Metrics {
  readonly contentType: string
  /** The text of `GET /metrics`. */
  render(): Promise<string>
}

/** What was observed of one name with the same labels. */
interface Observed {
  /** How many were at most the bound of the same index, and above the one before. */
  readonly counts: number[]
  sum: number
  count: number
}

/** One name; values by the text of their labels, `` without any. */
type Metric =
  | { readonly kind: 'counter' | 'gauge'; readonly values: Map<string, number> }
  | { readonly kind: 'histogram'; readonly values: Map<string, Observed> }

/** `help` gives names their description; names that it lacks describe themselves. */
export function createMetrics(
  options: { readonly help?: Labels; readonly process?: boolean } = {},
): PlatformMetrics {
  const { help = {}, process = false } = options
  const metrics = new Map<string, Metric>()
  const ofProcess = process ? processFigures() : undefined

  const numbers = (name: string, kind: 'counter' | 'gauge'): Map<string, number> => {
    const known = metrics.get(name)
    if (known !== undefined) {
      if (known.kind !== kind) throw new Error(`${name} is a ${known.kind}`)
      return known.values
    }
    const values = new Map<string, number>()
    metrics.set(name, { kind, values })
    return values
  }
  const observations = (name: string): Map<string, Observed> => {
    const known = metrics.get(name)
    if (known !== undefined) {
      if (known.kind !== 'histogram') throw new Error(`${name} is a ${known.kind}`)
      return known.values
    }
    const values = new Map<string, Observed>()
    metrics.set(name, { kind: 'histogram', values })
    return values
  }

  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    count(name, labels = {}, by = 1) {
      const values = numbers(name, 'counter')
      const key = labelText(labels)
      values.set(key, (values.get(key) ?? 0) + by)
    },
    gauge(name, value, labels = {}) {
      numbers(name, 'gauge').set(labelText(labels), value)
    },
    observe(name, value, labels = {}) {
      const bounds = boundsOf(name)
      const values = observations(name)
      const key = labelText(labels)
      let observed = values.get(key)
      if (observed === undefined) {
        observed = { counts: bounds.map(() => 0), sum: 0, count: 0 }
        values.set(key, observed)
      }
      const index = bounds.findIndex((bound) => value <= bound)
      if (index >= 0) observed.counts[index] = (observed.counts[index] ?? 0) + 1
      observed.sum += value
      observed.count += 1
    },
    async render() {
      const parts = [...metrics].map(([name, metric]) => {
        const about = `# HELP ${name} ${escaped(help[name] ?? name)}\n# TYPE ${name} ${metric.kind}\n`
        return about + linesOf(name, metric).join('\n')
      })
      const own = parts.length === 0 ? '' : `${parts.join('\n\n')}\n`
      return ofProcess === undefined ? own : `${await ofProcess()}\n${own}`
    },
  }
}

/** CPU, memory, event loop and garbage of this process; what is counted is counted from the first look on. */
function processFigures(): () => Promise<string> {
  let loaded: Promise<Registry> | undefined
  const registry = (): Promise<Registry> =>
    (loaded ??= import('prom-client').then(({ collectDefaultMetrics, Registry }) => {
      const made = new Registry()
      collectDefaultMetrics({ register: made })
      return made
    }))
  // What cannot be read now is tried again by whoever asks.
  const forget = (): undefined => (loaded = undefined)
  setTimeout(() => void registry().catch(forget), watchProcessAfterMs).unref()
  return async () => (await registry().catch(forget))?.metrics() ?? ''
}

function linesOf(name: string, metric: Metric): readonly string[] {
  if (metric.kind !== 'histogram') {
    return [...metric.values].map(([labels, value]) => `${name}${braced(labels)} ${value}`)
  }
  const bounds = boundsOf(name)
  return [...metric.values].flatMap(([labels, { counts, sum, count }]) => {
    // Each bucket holds those below it, too.
    let below = 0
    const buckets = counts.map((inBucket, index) => {
      below += inBucket
      return `${name}_bucket${braced(`le="${bounds[index]}"`, labels)} ${below}`
    })
    return [
      ...buckets,
      `${name}_bucket${braced('le="+Inf"', labels)} ${count}`,
      `${name}_sum${braced(labels)} ${sum}`,
      `${name}_count${braced(labels)} ${count}`,
    ]
  })
}

/** As it stands between the braces. */
function labelText(labels: Labels): string {
  let text = ''
  for (const [name, value] of Object.entries(labels)) {
    text += `${text === '' ? '' : ','}${name}="${escaped(value).replaceAll('"', '\\"')}"`
  }
  return text
}

function braced(...labels: readonly string[]): string {
  const text = labels.filter((label) => label !== '').join(',')
  return text === '' ? '' : `{${text}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function boundsOf(name: string): readonly number[] {
  if (name.endsWith('_seconds')) return secondsBounds
  return name.endsWith('_ms') ? msBounds : countBounds
}
