// The structured log: pino, one JSON line per entry, with numbers and SIP URIs masked before anything is written.

import { pino } from 'pino'
import type { Log, LogFields } from '../ports/log.ts'
import { maskText, maskValue } from './mask.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  /** Where lines go; standard error when left out. */
  readonly write?: (line: string) => void
  /** Shows numbers and addresses as they are; for a developer's own machine. */
  readonly unmasked?: boolean
}

export function createLog(options: LogOptions): Log {
  const { level, write, unmasked = false } = options
  const target = write === undefined ? pino.destination(2) : { write }
  const base = { level, base: null, formatters: { level: (label: string) => ({ level: label }) } }
  const logger = pino({ ...base, timestamp: pino.stdTimeFunctions.isoTime }, target)
  const put =
    (method: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: LogFields, message: string): void => {
      if (!logger.isLevelEnabled(method)) return
      if (unmasked) logger[method](fields, message)
      else logger[method](maskValue(fields), maskText(message))
    }
  return { debug: put('debug'), info: put('info'), warn: put('warn'), error: put('error') }
}
