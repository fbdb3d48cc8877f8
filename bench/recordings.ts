// What 100,000 finished recordings cost the main thread: its heap, and GET pages of the list from the store, with the time
// that the thread itself spends on one.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { brandAs } from '../src/base/ids.ts'
import { createClock } from '../src/platform/clock.ts'
import { startThread } from '../src/platform/threads.ts'
import { createTimers } from '../src/platform/timers.ts'
import type { FinishedRecording, RecordingFilter } from '../src/ports/recorder.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { percentile, printTable, round, type Figures } from './support/report.ts'

const count = 100_000
const group = 500
const questions: readonly (readonly [string, RecordingFilter, number])[] = [
  ['first page', {}, 1],
  ['page 4,000', {}, 4_000],
  ['one call', { legUuid: 'leg-50000' }, 1],
  ['an application', { applicationId: 'app-1' }, 1],
  ['application and number', { applicationId: 'app-1', from: '+1555017' }, 1],
]

function recording(index: number): FinishedRecording {
  const startedAtUs = 1_741_079_402_000_000 + index * 1_000_000
  return {
    recordingId: brandAs(`6e00ab49-9487-4364-8ad6-${String(index).padStart(12, '0')}`),
    status: 'completed',
    legId: brandAs(`v3:${'x'.repeat(60)}${index}`),
    legUuid: brandAs(`leg-${index}`),
    sessionId: brandAs(`session-${index >> 1}`),
    applicationId: brandAs(`app-${index % 2}`),
    conferenceId: undefined,
    from: `+155501${index % 100}`,
    to: 'sip:support@example.com',
    format: 'mp3',
    channels: 'dual',
    fileName: `6e00ab49-9487-4364-8ad6-8ad623965965-1741079402-${index}.mp3`,
    durationMs: 60_000,
    startedAtUs,
    endedAtUs: startedAtUs + 60_000_000,
    startedAtMs: startedAtUs / 1000,
    endedAtMs: startedAtUs / 1000 + 60_000,
    updatedAtMs: startedAtUs / 1000 + 60_000,
  }
}

function heapMiB(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1_048_576
}

/** `full` asks more often. */
export async function benchRecordings(full: boolean): Promise<Figures> {
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--expose-gc')
  const { runInNewContext } = await import('node:vm')
  globalThis.gc = runInNewContext('gc') as NodeJS.GCFunction // V8's own.
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const journal = new URL('../src/journal-worker.ts', import.meta.url)
  const open = () =>
    openSqliteStore({
      directory,
      startJournal: (callbacks) => startThread(journal, callbacks),
      timers: createTimers(createClock()),
    })
  let store = await open()
  try {
    const table = 'finished-recording'
    for (let from = 0; from < count; from += group) {
      const rows = Array.from({ length: group }, (_, index) => recording(from + index))
      const changes = rows.map((row) => ({ kind: 'put', table, id: row.recordingId, row }) as const)
      await store.commit({ changes, events: [], deliveries: [] })
    }
    await store.close()
    const before = heapMiB()
    store = await open()
    await store.loadLive()
    const heap = heapMiB() - before
    const figures: Record<string, number> = { heap_mib: round(heap) }
    const lines: (string | number)[][] = []
    for (const [name, filter, number] of questions) {
      const waits: number[] = []
      const load = performance.eventLoopUtilization()
      for (let ask = 0; ask < (full ? 200 : 40); ask++) {
        const began = performance.now()
        await store.recordings.page(filter, { number, size: 25 })
        waits.push(performance.now() - began)
      }
      const { active } = performance.eventLoopUtilization(load)
      const own = active / waits.length
      const [median, worst] = [percentile(waits, 0.5), percentile(waits, 0.99)]
      lines.push([name, round(median), round(worst), round(own, 2)])
      figures[`${name.replaceAll(/[ ,]+/g, '_')}_ms`] = round(median)
    }
    console.log(`recordings: ${count} finished ones; heap of the main thread ${round(heap)} MiB`)
    printTable(['GET, ms', 'median', 'p99', 'of the main thread'], lines)
    return figures
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
}
