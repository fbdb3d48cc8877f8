// What every command gets: the outputs, how they are wanted, and on demand the server.

import type { CommandLine, Output } from '../platform/command-line.ts'
import type { ApiClient } from './client.ts'
import type { GlobalOptions, Settings } from './settings.ts'
import type { Json } from './json.ts'
import type { Paint } from './paint.ts'

/** What the composition root hands in. */
export interface Surroundings {
  readonly line: CommandLine
  readonly version: string
  /** Runs the server in this process; resolves when it takes calls. */
  readonly startServer: () => Promise<void>
}

export interface Context {
  readonly line: CommandLine
  readonly out: Output
  readonly paint: Paint
  readonly json: boolean
  readonly options: GlobalOptions
  /** Where the server is and how it lets us in. */
  settings(): Settings
  api(): ApiClient
  /** One document (`--json`) or the text for people, which ends with a line break. */
  print(data: unknown, text: () => string): void
  /** One line of a stream: a JSON object or a text without line break. */
  printLine(data: Json, text: () => string): void
  /** Says on the terminal's error output that something takes long; nothing when it takes less than a second. */
  during<T>(what: string, work: Promise<T>): Promise<T>
}

/** Hands the work of a command to the program; the exit code is 0 unless it says otherwise. */
export type Run = (work: (context: Context) => Promise<number | undefined>) => Promise<void>
