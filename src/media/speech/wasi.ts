// The little of WASI preview 1 that a program needs which reads its arguments and writes one file. Everything lies in
// memory: what callers are told touches no disk, and the program sees nothing of the machine, which node:wasi does not
// promise. (WASI snapshot preview 1; numbers are its own.)

import { assert } from '../../base/assert.ts'

const success = 0
const badDescriptor = 8
const noEntry = 44
const notSupported = 58
const folderFd = 3
const fileFd = 4
const characterDevice = 2
const regularFile = 4

/** The program called proc_exit. */
class Exit extends Error {
  readonly code = 'PROGRAM_EXIT'
  readonly status: number
  constructor(status: number) {
    super(`exit ${status}`)
    this.status = status
  }
}

export interface ProgramRun {
  readonly status: number
  /** The file that the program wrote, whatever it called it. */
  readonly output: Uint8Array
}

/** Runs a program to its end; throws when it traps, or writes more than `outputBytesMax`. */
export function runProgram(
  module: WebAssembly.Module,
  args: readonly string[],
  outputBytesMax: number,
): ProgramRun {
  const system = new System(args, outputBytesMax)
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: system.imports() })
  const { memory, _start: start } = instance.exports
  assert(memory instanceof WebAssembly.Memory, 'a WASI program exports its memory')
  assert(typeof start === 'function', 'a WASI program exports _start')
  system.memory = memory
  try {
    start()
  } catch (error) {
    if (!(error instanceof Exit)) throw error
    return { status: error.status, output: system.output() }
  }
  return { status: 0, output: system.output() }
}

class System {
  memory: WebAssembly.Memory | undefined
  readonly #args: readonly Uint8Array[]
  readonly #bytesMax: number
  #file = new Uint8Array(65_536)
  #length = 0
  #position = 0

  constructor(args: readonly string[], bytesMax: number) {
    this.#args = args.map((arg) => new TextEncoder().encode(`${arg.replaceAll('\0', ' ')}\0`))
    this.#bytesMax = bytesMax
  }

  output(): Uint8Array {
    return this.#file.subarray(0, this.#length)
  }

  imports(): Record<string, WebAssembly.Import> {
    return {
      args_sizes_get: (count: number, size: number) => {
        this.#put(count, this.#args.length)
        this.#put(
          size,
          this.#args.reduce((sum, arg) => sum + arg.length, 0),
        )
        return success
      },
      args_get: (pointers: number, texts: number) => this.#putArgs(pointers, texts),
      clock_time_get: (_id: number, _precision: bigint, at: number) => {
        this.#view().setBigUint64(at, 0n, true)
        return success
      },
      fd_close: () => success,
      fd_fdstat_get: (fd: number, at: number) => this.#describe(fd, at),
      fd_fdstat_set_flags: () => success,
      fd_prestat_get: (fd: number, at: number) => {
        if (fd !== folderFd) return badDescriptor
        this.#put(at, 0)
        this.#put(at + 4, 1)
        return success
      },
      fd_prestat_dir_name: (fd: number, at: number) => {
        if (fd !== folderFd) return badDescriptor
        this.#bytes()[at] = 0x2f
        return success
      },
      fd_read: () => badDescriptor,
      fd_seek: (fd: number, offset: bigint, whence: number, at: number) =>
        this.#seek(fd, Number(offset), whence, at),
      fd_write: (fd: number, vectors: number, count: number, at: number) =>
        this.#write(fd, vectors, count, at),
      path_open: (...args: number[]) => this.#open(args[4] ?? 0, args[8] ?? 0),
      proc_exit: (status: number) => {
        throw new Exit(status)
      },
    }
  }

  /** The only file there is: opened to be created, it is empty; to be read, it does not exist. */
  #open(createFlags: number, at: number): number {
    if ((createFlags & 1) === 0) return noEntry
    this.#length = 0
    this.#position = 0
    this.#put(at, fileFd)
    return success
  }

  #describe(fd: number, at: number): number {
    if (fd > fileFd) return badDescriptor
    const bytes = this.#bytes()
    bytes.fill(0, at, at + 24)
    bytes[at] = fd === fileFd ? regularFile : fd === folderFd ? 3 : characterDevice
    // All rights.
    bytes.fill(0xff, at + 8, at + 24)
    return success
  }

  #seek(fd: number, offset: number, whence: number, at: number): number {
    if (fd !== fileFd) return notSupported
    const base = whence === 0 ? 0 : whence === 1 ? this.#position : this.#length
    this.#position = Math.max(0, base + offset)
    this.#view().setBigUint64(at, BigInt(this.#position), true)
    return success
  }

  /** What goes to standard output and error is dropped. */
  #write(fd: number, vectors: number, count: number, at: number): number {
    let written = 0
    for (let i = 0; i < count; i++) {
      const start = this.#view().getUint32(vectors + 8 * i, true)
      const length = this.#view().getUint32(vectors + 8 * i + 4, true)
      if (fd === fileFd) this.#append(this.#bytes().subarray(start, start + length))
      written += length
    }
    this.#put(at, written)
    return success
  }

  #append(bytes: Uint8Array): void {
    const end = this.#position + bytes.length
    if (end > this.#bytesMax) throw new Error(`more than ${this.#bytesMax} bytes of output`)
    if (end > this.#file.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#file.length))
      larger.set(this.#file)
      this.#file = larger
    }
    this.#file.set(bytes, this.#position)
    this.#position = end
    this.#length = Math.max(this.#length, end)
  }

  #putArgs(pointers: number, texts: number): number {
    let at = texts
    this.#args.forEach((arg, index) => {
      this.#put(pointers + 4 * index, at)
      this.#bytes().set(arg, at)
      at += arg.length
    })
    return success
  }

  #put(at: number, value: number): void {
    this.#view().setUint32(at, value, true)
  }

  // Made anew each time: the memory moves when it grows.
  #view(): DataView {
    return new DataView(this.#bytes().buffer)
  }

  #bytes(): Uint8Array<ArrayBuffer> {
    assert(this.memory !== undefined, 'the program runs')
    return new Uint8Array(this.memory.buffer)
  }
}
