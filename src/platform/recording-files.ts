// The folder of recordings: written by the recording thread, read for downloads. Files are readable by the owner alone.

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type {
  RecordingFile,
  RecordingFiles,
  RecordingFolder,
  WritableRecording,
} from '../ports/recorder.ts'

const PIECE_BYTES = 65_536

/** The folder at `path`, made when something is to be written. */
export function recordingFolder(path: string): RecordingFolder {
  return {
    open: (fileName) => {
      mkdirSync(path, { recursive: true, mode: 0o700 })
      const { O_RDWR, O_CREAT } = constants
      return writable(openSync(join(path, plainName(fileName)), O_RDWR | O_CREAT, 0o600))
    },
    remove: (fileName) => rmSync(join(path, plainName(fileName)), { force: true }),
  }
}

function writable(file: number): WritableRecording {
  let sizeBytes = fstatSync(file).size
  let isOpen = true
  return {
    get sizeBytes() {
      return sizeBytes
    },
    append(bytes) {
      try {
        writeAll(file, bytes, sizeBytes)
      } catch (error) {
        ftruncateSync(file, sizeBytes)
        throw error
      }
      sizeBytes += bytes.length
    },
    patch: (at, bytes) => writeAll(file, bytes, at),
    truncate(size) {
      ftruncateSync(file, size)
      sizeBytes = size
    },
    close() {
      // The number may be another file's by now, in any thread.
      if (!isOpen) return
      isOpen = false
      closeSync(file)
    },
  }
}

/** A disk that becomes full takes a part first and refuses the rest. */
function writeAll(file: number, bytes: Uint8Array, at: number): void {
  let done = 0
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, at + done)
}

/** Files of the folder at `path`, for downloads. */
export function recordingFiles(path: string): RecordingFiles {
  return {
    async open(fileName) {
      if (plainName(fileName) !== fileName) return undefined
      try {
        return await readable(join(path, fileName))
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
    },
  }
}

async function readable(path: string): Promise<RecordingFile> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return {
    sizeBytes: size,
    async *read(first, last) {
      try {
        for (let at = first; at <= last;) {
          const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, last - at + 1))
          const { bytesRead } = await file.read(piece, 0, piece.length, at)
          if (bytesRead === 0) return
          at += bytesRead
          yield piece.subarray(0, bytesRead)
        }
      } finally {
        await file.close()
      }
    },
    close: () => void file.close(),
  }
}

/** Never a path: the last part of one. */
function plainName(fileName: string): string {
  return basename(fileName)
}
