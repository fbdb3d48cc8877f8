// The header lines that a response copies from its request (RFC 3261 §8.2.6.2), also from requests that could be read only
// partly: what is there is copied, what cannot stand on a line is left out.

import { parseNameAddr } from '../message/headers/name-addr.ts'
import { parseVia, stampVia, type Via } from '../message/headers/via.ts'
import type { HeaderFields } from '../message/types.ts'
import type { Flow } from './types.ts'

export type HeaderLines = readonly (readonly [name: string, value: string])[]

export interface Echo {
  readonly via: Via | undefined
  /** Via lines with the top one stamped, From, Call-ID and CSeq; the timestamp of a 100 is not among them. */
  readonly lines: HeaderLines
  /** The To value, and whether it already carries a tag or cannot take one. */
  readonly to: string | undefined
  readonly toIsTagged: boolean
}

export function echoOf(headers: HeaderFields, flow: Flow): Echo {
  const lines: (readonly [string, string])[] = []
  const [top, ...others] = headers.values('via')
  const via = top === undefined ? undefined : parseVia(top)
  if (top !== undefined) {
    const source = { address: flow.remoteAddress, port: flow.remotePort }
    lines.push(['Via', via === undefined ? top : stampVia(top, via, source)])
  }
  for (const value of others) lines.push(['Via', value])
  for (const name of ['From', 'Call-ID', 'CSeq']) {
    const value = headers.first(name)
    if (value !== undefined) lines.push([name, value])
  }
  const to = headers.first('to')
  const parsedTo = to === undefined ? undefined : parseNameAddr(to)
  return {
    via,
    lines: lines.filter(([, value]) => !/[\r\n]/.test(value)),
    to: to === undefined || /[\r\n]/.test(to) ? undefined : to,
    toIsTagged: parsedTo === undefined || parsedTo.parameters.has('tag'),
  }
}

/** All echoed lines, with `tag` added to To when it had none; a 100 gets none (RFC 3261 §8.2.6.2). */
export function echoLines(echo: Echo, tag: string | undefined): HeaderLines {
  if (echo.to === undefined) return echo.lines
  const to = tag === undefined || echo.toIsTagged ? echo.to : `${echo.to};tag=${tag}`
  return [...echo.lines, ['To', to]]
}
