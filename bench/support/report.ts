// Figures on the terminal: percentiles, a table, and the JSON object that ends every bench.

export type Figures = Readonly<Record<string, unknown>>

/** The value that `share` (0 to 1) of the values do not exceed; 0 for none. Sorts a copy. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

export function round(value: number, digits = 1): number {
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}

export function printTable(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): void {
  const cells = [columns, ...rows.map((row) => row.map(String))]
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  for (const row of cells) {
    console.log(`  ${row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ')}`)
  }
}

/** The last line of a bench. */
export function printFigures(figures: Figures): void {
  console.log(JSON.stringify(figures))
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Resolves when `test` holds, looked at every 20 ms; false after `limitMs`. */
export async function until(test: () => boolean, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs
  while (!test()) {
    if (performance.now() > end) return false
    await pause(20)
  }
  return true
}
