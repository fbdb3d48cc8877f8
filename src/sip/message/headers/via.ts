// Via (RFC 3261 §20.42, RFC 3581 rport, RFC 5118 for IPv6 in sent-by and received).

import { formatParameters, parseParameters, type Parameters } from '../parameters.ts'
import { addressOf, isIpv4, isIpv6, parseHostPort } from '../host.ts'
import { isToken, parseNumber } from '../text.ts'

export interface Via {
  /** Upper case: UDP, TCP, TLS, WS, or whatever a peer invents. */
  readonly transport: string
  /** Wire form, IPv6 in brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly branch: string | undefined
  /** Plain address, brackets removed: both `[v6]` and `v6` are read (RFC 5118 §4.5). */
  readonly received: string | undefined
  /** undefined: not asked; 'asked': present without a value; else the port. */
  readonly rport: number | 'asked' | undefined
  readonly parameters: Parameters
}

export const branchCookie = 'z9hG4bK'

/** One Via value; undefined when malformed or when its version is not 2.0. White space around `/` is allowed. */
export function parseVia(text: string): Via | undefined {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*([^\s/;]+)\s+([^;]+)(;[^]*)?$/i.exec(text.trim())
  if (match === null) return undefined
  const [, transport = '', sentBy = '', rest = ''] = match
  const hostPort = parseHostPort(sentBy.trim())
  const parameters = parseParameters(rest)
  if (!isToken(transport) || hostPort === undefined || parameters === undefined) return undefined
  const rport = parameters.get('rport')
  const rportNumber =
    rport === undefined ? undefined : rport === '' ? 'asked' : parseNumber(rport, 65_535)
  const received = parameters.get('received')
  const receivedAddress = received === undefined ? undefined : addressOf(received)
  return {
    transport: transport.toUpperCase(),
    host: hostPort.host,
    port: hostPort.port,
    branch: parameters.get('branch'),
    received:
      receivedAddress !== undefined && (isIpv4(receivedAddress) || isIpv6(receivedAddress))
        ? receivedAddress
        : undefined,
    rport: rportNumber,
    parameters,
  }
}

/** Our own Via value. `rport` asks for the source port (RFC 3581 §3). */
export function formatVia(parts: {
  readonly transport: string
  readonly host: string
  readonly port: number
  readonly branch: string
}): string {
  const { transport, host, port, branch } = parts
  return `SIP/2.0/${transport} ${host}:${port};branch=${branch};rport`
}

/**
 * The value with where it really came from: `received` when the address differs from sent-by or rport was asked, and the port
 * filled in (RFC 3261 §18.2.1, RFC 3581 §4). A `received` that the sender itself put there is replaced.
 */
export function stampVia(
  text: string,
  via: Via,
  source: { readonly address: string; readonly port: number },
): string {
  const asked = via.rport !== undefined
  const differs = addressOf(via.host) !== source.address
  if (!asked && !differs) return text
  const parameters = new Map(via.parameters)
  parameters.delete('received')
  if (asked) parameters.set('rport', String(source.port))
  parameters.set('received', source.address)
  const sentBy = via.port === undefined ? via.host : `${via.host}:${via.port}`
  return `SIP/2.0/${via.transport} ${sentBy}${formatParameters(parameters)}`
}
