// Where a response goes (RFC 3261 §18.2.2, RFC 3581 §4). DEVIATION RFC 3261 §18.2.2: `maddr` is not followed, because it lets a
// request aim our answers at a third party.

import type { Via } from '../message/headers/via.ts'
import type { TransportFlow } from './types.ts'

export interface ResponseTarget {
  readonly address: string
  readonly port: number
}

const defaultPort = 5060

/**
 * The datagram target, and for streams the address to connect to when the request's own connection is gone. `via` undefined
 * (unreadable) means the source itself. `forceRport` treats every sender as if it had asked for rport.
 */
export function responseTarget(
  via: Via | undefined,
  flow: TransportFlow,
  forceRport: boolean,
): ResponseTarget {
  const toSource =
    via === undefined || (flow.transport === 'UDP' && (forceRport || via.rport !== undefined))
  if (toSource) return { address: flow.remoteAddress, port: flow.remotePort }
  // Port 0 in sent-by can be written but not sent to.
  const port = via.port === undefined || via.port === 0 ? defaultPort : via.port
  return { address: flow.remoteAddress, port }
}
