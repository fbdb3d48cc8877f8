// The machine: disk and clock. The clock is compared with what other servers say the time is; there is no other witness
// that needs no rights.

import type { Config } from '../../config/shape.ts'
import { diskState } from '../../platform/probes.ts'
import { broken, doubtful, well } from './finding.ts'
import type { Finding } from './finding.ts'

const megabyte = 1_048_576
const freeMin = 200 * megabyte
const freeGood = 2048 * megabyte
/** Each step of a call waits for a write. */
const slowSyncMs = 50
/** Receivers refuse webhooks that are older than five minutes, and so does everything signed. */
const clockOffMs = 60_000

export function diskFinding({ dataFolder }: Config): Finding {
  const about = 'disk'
  const { folder, canWrite, freeBytes, syncMs } = diskState(dataFolder)
  const free = `${(freeBytes / megabyte / 1024).toFixed(1)} GB free`
  if (!canWrite) {
    const mend = 'Give the folder to the user of the server, or set `data` to another one.'
    return broken(about, `nothing can be written in ${folder} (data)`, mend)
  }
  if (freeBytes < freeMin)
    return broken(about, `${free} at ${folder}`, 'Make room, or set `data` to another disk.')
  if (freeBytes < freeGood) {
    return doubtful(
      about,
      `${free} at ${folder}`,
      'Recordings and 72 hours of events need more on a busy server.',
    )
  }
  if (syncMs !== undefined && syncMs > slowSyncMs) {
    const mend =
      'Every step of a call is written to disk before it counts: put `data` on a local SSD.'
    return doubtful(about, `${free}, but a write takes ${Math.round(syncMs)} ms at ${folder}`, mend)
  }
  return well(
    about,
    `${free}, a write takes ${(syncMs ?? 0).toFixed(1)} ms at ${dataFolder} (data)`,
  )
}

/** `others`: what the `Date` headers of answers said, with our time when they came. */
export function clockFinding(
  nowMs: number,
  others: readonly { readonly host: string; readonly saidMs: number; readonly atMs: number }[],
  madeMs: number,
): Finding {
  const about = 'clock'
  const mend =
    'Switch time synchronisation on (`timedatectl set-ntp true`); signed webhooks are refused otherwise.'
  if (nowMs < madeMs) {
    return broken(about, 'the clock shows a time before this release was made', mend)
  }
  const off = others.find(({ saidMs, atMs }) => Math.abs(saidMs - atMs) > clockOffMs)
  if (off !== undefined) {
    const secs = Math.round((off.atMs - off.saidMs) / 1000)
    return doubtful(
      about,
      `${Math.abs(secs)} s ${secs > 0 ? 'ahead of' : 'behind'} ${off.host}`,
      mend,
    )
  }
  return others.length === 0
    ? well(about, 'plausible; nobody to compare it with')
    : well(about, `agrees with ${others.map(({ host }) => host).join(', ')}`)
}
