// General UAS rules (RFC 3261 §8.2) in the order of that section, applied to every request before anybody above sees it.

import { accepts, parseMediaType } from '../message/headers/media-type.ts'
import { parseValueWithParameters } from '../message/headers/value-with-parameters.ts'
import { uriScheme } from '../message/uri.ts'
import type { ResponseParts, SipRequest } from '../message/types.ts'

export interface UasRules {
  /** Methods we serve, in the order of our Allow header. */
  readonly methods: readonly string[]
  /** Option tags we understand in Require. */
  readonly optionTags: readonly string[]
  /** Body types per method; a method that is not listed takes any body. */
  readonly bodyTypes: Readonly<Record<string, readonly string[]>>
}

const sessionBodies = [
  'application/sdp',
  'multipart/mixed',
  'multipart/alternative',
  'multipart/related',
]

export const defaultUasRules: UasRules = {
  methods: [
    ...['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'REGISTER'],
    ...['UPDATE', 'PRACK', 'INFO', 'REFER', 'NOTIFY'],
  ],
  optionTags: ['100rel', 'timer', 'replaces', 'norefersub', 'path'],
  bodyTypes: { INVITE: sessionBodies, UPDATE: sessionBodies, PRACK: sessionBodies },
}

/** Methods of published RFCs that we know and do not serve: 405. All others are 501 (RFC 3261 §21.5.2). */
const knownMethods = new Set(['SUBSCRIBE', 'PUBLISH', 'MESSAGE'])

/** The refusal a request deserves before its method looks at it, or undefined. */
export function checkRequest(request: SipRequest, rules: UasRules): ResponseParts | undefined {
  return (
    checkMethod(request, rules) ??
    checkScheme(request) ??
    checkExtensions(request, rules) ??
    checkContent(request, rules) ??
    checkAccept(request)
  )
}

/** §8.2.1. */
function checkMethod(request: SipRequest, rules: UasRules): ResponseParts | undefined {
  if (rules.methods.includes(request.method)) return undefined
  const status = knownMethods.has(request.method) ? 405 : 501
  return { status, headers: [['Allow', rules.methods.join(', ')]] }
}

/** §8.2.2.1. */
function checkScheme(request: SipRequest): ResponseParts | undefined {
  const scheme = uriScheme(request.uri)
  const known = scheme === 'sip' || scheme === 'sips' || scheme === 'tel'
  return known ? undefined : { status: 416, headers: [] }
}

/** §8.2.2.3. We are the last hop, so what Proxy-Require asks of the path is asked of us too. */
function checkExtensions(request: SipRequest, rules: UasRules): ResponseParts | undefined {
  const { headers } = request
  if (request.method === 'ACK' || request.method === 'CANCEL') return undefined
  const wanted = [...headers.values('require'), ...headers.values('proxy-require')]
  const missing = wanted.filter((tag) => !rules.optionTags.includes(tag.toLowerCase()))
  if (missing.length === 0) return undefined
  return { status: 420, headers: [['Unsupported', missing.join(', ')]] }
}

/** §8.2.3: type and encoding, unless the sender marked the body optional. */
function checkContent(request: SipRequest, rules: UasRules): ResponseParts | undefined {
  const { headers, body } = request
  const allowed = rules.bodyTypes[request.method]
  if (body.length === 0 || allowed === undefined) return undefined
  const disposition = parseValueWithParameters(headers.first('content-disposition') ?? '')
  if (disposition?.parameters.get('handling')?.toLowerCase() === 'optional') return undefined
  const encoding = headers.first('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return { status: 415, headers: [['Accept-Encoding', 'identity']] }
  }
  const type = parseMediaType(headers.first('content-type') ?? '')?.type
  if (type !== undefined && allowed.includes(type)) return undefined
  return { status: 415, headers: [['Accept', allowed.join(', ')]] }
}

/** §8.2.3 with §21.4.7: an INVITE whose answer the caller would not read. */
function checkAccept(request: SipRequest): ResponseParts | undefined {
  if (request.method !== 'INVITE' || accepts(request.headers, 'application/sdp')) return undefined
  return { status: 406, headers: [] }
}
