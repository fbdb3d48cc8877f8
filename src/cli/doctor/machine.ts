// The machine: disk and clock. The clock is compared with what other servers say the time is; there is no other witness
// that needs no rights.

import type { Config } from '../../config/shape.ts'
import { diskState, type DiskState } from '../../platform/probes.ts'
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
  return diskFindingOf(diskState(dataFolder), dataFolder)
}

/** What the state of the disk below `dataFolder` means. */
export function diskFindingOf(state: DiskState, dataFolder: string): Finding {
  const about = 'disk'
  const { folder, freeBytes, write } = state
  const free = `${(freeBytes / megabyte / 1024).toFixed(1)} GB free`
  if (!write.ok) return noWrite(folder, write.why)
  const { syncMs } = write
  if (freeBytes < freeMin)
    return broken(about, `${free} at ${folder}`, 'Make room, or set `data` to another disk.')
  if (freeBytes < freeGood) {
    return doubtful(
      about,
      `${free} at ${folder}`,
      'Recordings and 72 hours of events need more on a busy server.',
    )
  }
  if (syncMs > slowSyncMs) {
    const mend =
      'Every step of a call is written to disk before it counts: put `data` on a local SSD.'
    return doubtful(about, `${free}, but a write takes ${Math.round(syncMs)} ms at ${folder}`, mend)
  }
  return well(about, `${free}, a write takes ${syncMs.toFixed(1)} ms at ${dataFolder} (data)`)
}

function noWrite(folder: string, why: 'full' | 'read-only' | 'not-allowed'): Finding {
  switch (why) {
    case 'full':
      return broken(
        'disk',
        `it is full: nothing can be written in ${folder} (data)`,
        'Make room, or set `data` to another disk.',
      )
    case 'read-only':
      return broken(
        'disk',
        `it is read-only: nothing can be written in ${folder} (data)`,
        'Mount it for writing, or set `data` to another disk. The system switches a disk to read-only after faults: `dmesg` tells.',
      )
    case 'not-allowed':
      return broken(
        'disk',
        `nothing can be written in ${folder} (data)`,
        'Give the folder to the user of the server, or set `data` to another one.',
      )
  }
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
    return doubtful(
      about,
      `${roughly(Math.abs(off.atMs - off.saidMs))} ${off.atMs > off.saidMs ? 'ahead of' : 'behind'} ${off.host}`,
      mend,
    )
  }
  return others.length === 0
    ? well(about, 'plausible; nobody to compare it with')
    : well(about, `agrees with ${others.map(({ host }) => host).join(', ')}`)
}

/** `90 seconds`, `12 minutes`, `5 hours`, `3 days`. */
function roughly(ms: number): string {
  const units = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
  ] as const
  const found = units.find(([, unitMs]) => ms >= 2 * unitMs)
  return found === undefined
    ? `${Math.round(ms / 1000)} seconds`
    : `${Math.round(ms / found[1])} ${found[0]}`
}
