// What a process costs, as the kernel counts it: CPU time and memory from /proc. Linux only, like the benches.

import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'

/** Kernel clock ticks per second (USER_HZ), 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds, user and system, of all threads of `pid` so far. */
export function cpuSeconds(pid: number): number {
  return secondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** The same for each thread, the busiest first. The process's own first thread is `main`. */
export function threadSeconds(pid: number): { readonly name: string; readonly seconds: number }[] {
  return readdirSync(`/proc/${pid}/task`)
    .map((tid) => {
      const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8')
      const name = Number(tid) === pid ? 'main' : `thread ${tid}`
      return { name, seconds: secondsOf(stat) }
    })
    .sort((one, other) => other.seconds - one.seconds)
}

/** Resident memory of `pid`, all its threads together, in kB. */
export function residentKb(pid: number): number {
  const line = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0)
}

export function machine(): string {
  return `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
}

/** Load of the last minute, to tell a quiet machine from a busy one. */
export function loadAverage(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
}

/** Seconds of CPU that a stretch of work cost the server and the generator. */
export class CpuMeter {
  readonly #server: number
  readonly #serverAtStart: number
  readonly #ownAtStart: number
  readonly #wallAtStart = performance.now()

  constructor(serverPid: number) {
    this.#server = serverPid
    this.#serverAtStart = cpuSeconds(serverPid)
    this.#ownAtStart = cpuSeconds(process.pid)
  }

  read(): { readonly server: number; readonly generator: number; readonly wall: number } {
    return {
      server: cpuSeconds(this.#server) - this.#serverAtStart,
      generator: cpuSeconds(process.pid) - this.#ownAtStart,
      wall: (performance.now() - this.#wallAtStart) / 1000,
    }
  }
}

/** utime and stime are the 14th and 15th field; the name before them may hold spaces (proc(5)). */
function secondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
