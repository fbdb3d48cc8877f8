// Writes docs/reference/metrics.md from the table of metrics.

import { metricTable } from '../src/platform/metric-table.ts'

const opening = `# Metrics

This page is generated from \`src/platform/metric-table.ts\` by \`npm run docs\`.

\`GET /metrics\` is text for Prometheus, without a key: let only your monitoring reach it. Beside the metrics below it has the usual ones of a Node.js process
(\`process_…\`, \`nodejs_…\`). A counter is there from its first event on. A histogram has \`_bucket\`, \`_sum\` and \`_count\`.

Worth an alarm: \`holdfast_store_ok == 0\`, growth of \`holdfast_engine_faults_total\`, \`holdfast_media_skipped_ticks_total\` or \`holdfast_webhook_given_up_total\`,
and a \`holdfast_webhook_backlog\` that keeps growing.
`

/** The page. */
export function metricsReference(): string {
  const lines = [opening, '| Metric | Kind | Labels | Meaning |', '|---|---|---|---|']
  for (const { name, kind, labels, help } of metricTable) {
    const named = labels.map((label) => `\`${label}\``).join(', ') || '–'
    lines.push(`| \`${name}\` | ${kind} | ${named} | ${help} |`)
  }
  lines.push('')
  return lines.join('\n')
}
