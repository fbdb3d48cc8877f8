// From an `invite` effect to the options of one or more invite sessions: way, identity, privacy, credentials.

import type { Metrics } from '../../ports/metrics.ts'
import type { SignalingEffect } from '../../ports/signaling.ts'
import { formatNameAddr } from '../message/headers/name-addr.ts'
import { formatUri, parseSipUri, sipUri, unescapeUri } from '../message/uri.ts'
import type { Headers } from '../session/capabilities.ts'
import type { InviteOptions, Target } from '../session/invite.ts'
import type { Destination } from '../transaction/types.ts'
import type { Binding } from './bindings.ts'
import type { Locator } from './locator.ts'
import type { Neighbours, Trunk, Way } from './neighbours.ts'
import { outgoingHeaders, plainText } from './outgoing-headers.ts'

export type InviteEffect = Extract<SignalingEffect, { kind: 'invite' }>

export interface OutboundRoom {
  readonly neighbours: Neighbours
  readonly locator: Locator
  readonly metrics: Metrics
  readonly domain: string
  contactsOf(username: string): readonly Binding[]
  ownAddress(): { readonly host: string; readonly port: number }
  contactFor(destination: Destination): string
}

/** Why an outbound call can not even be tried; `status` as in `leg-refused`. */
export interface NoWay {
  readonly status: number
  readonly reason: string
}

/** One set of options per branch: several only for a user with several contacts. */
export function planInvite(
  effect: InviteEffect,
  room: OutboundRoom,
): readonly InviteOptions[] | NoWay {
  const way = room.neighbours.wayTo(effect.to)
  if (typeof way === 'string') return { status: 0, reason: way }
  if (effect.transport === 'TLS') return { status: 0, reason: 'TLS Is Not Configured' }
  const { transport } = effect
  switch (way.kind) {
    case 'trunk': {
      const uri = trunkTarget(way.trunk, way.user)
      return [
        build(effect, room, way, uri, [], (done) =>
          room.locator.locate(uri, transport, toTarget(uri, done)),
        ),
      ]
    }
    case 'host': {
      const mayUse = (address: string): boolean =>
        way.listed || room.neighbours.mayDialAddress(address)
      const { uri } = way
      return [
        build(effect, room, way, uri, [], (done) =>
          room.locator.locate(uri, transport, toTarget(uri, done), mayUse),
        ),
      ]
    }
    case 'user': {
      const bindings = room.contactsOf(way.username)
      if (bindings.length === 0) return { status: 480, reason: 'Not Registered' }
      return bindings.map((binding) =>
        build(effect, room, way, binding.uri, binding.path, (done) =>
          locateBinding(binding, room, done),
        ),
      )
    }
  }
}

function build(
  effect: InviteEffect,
  room: OutboundRoom,
  way: Way,
  uri: string,
  routes: readonly string[],
  target: InviteOptions['target'],
): InviteOptions {
  const trunk = way.kind === 'trunk' ? way.trunk : undefined
  const to = way.kind === 'user' ? formatUri(sipUri(way.username, room.domain)) : uri
  const identity = identityOf(effect, room, trunk)
  return {
    target,
    redirect: (contact, done) => redirect(effect, room, contact, done),
    contactFor: (destination) => room.contactFor(destination),
    from: identity.from,
    to: formatNameAddr({ uriText: withoutUriParameters(to) }),
    routes,
    sdp: effect.sdp,
    headers: [...identity.headers, ...outgoingHeaders(effect.headers, room.metrics)],
    credentials: effect.credentials ?? trunkCredentials(trunk),
  }
}

// The caller as the callee sees it. With privacy the real identity goes into P-Asserted-Identity, and only to a trunk,
// which is bound to honour `Privacy: id` (RFC 3323 §4.1, RFC 3325 §9.1).
function identityOf(
  effect: InviteEffect,
  room: OutboundRoom,
  trunk: Trunk | undefined,
): { readonly from: string; readonly headers: Headers } {
  const uriText = fromUri(effect.from, room, trunk)
  if (!effect.privacy) {
    const displayName =
      effect.fromDisplayName === undefined ? undefined : plainText(effect.fromDisplayName)
    return { from: formatNameAddr({ displayName, uriText }), headers: [] }
  }
  const asserted: Headers = trunk === undefined ? [] : [['P-Asserted-Identity', `<${uriText}>`]]
  return {
    from: '"Anonymous" <sip:anonymous@anonymous.invalid>',
    headers: [...asserted, ['Privacy', 'id']],
  }
}

// A trunk that registers us by name wants its own domain in From, others want our address.
function fromUri(from: string, room: OutboundRoom, trunk: Trunk | undefined): string {
  const given = parseSipUri(from)
  if (given !== undefined && trunk === undefined) return withoutUriParameters(formatUri(given))
  const user = given === undefined ? plainText(from) : unescapeUri(given.user ?? '')
  if (trunk === undefined) return formatUri(sipUri(user, room.domain))
  const host = trunk.config.username === '' ? room.ownAddress().host : trunk.uri.host
  return formatUri(sipUri(user, host))
}

function withoutUriParameters(text: string): string {
  const uri = parseSipUri(text)
  if (uri === undefined) return text
  return formatUri({ ...uri, password: undefined, parameters: new Map(), headers: undefined })
}

function trunkTarget(trunk: Trunk, user: string): string {
  const { uri } = trunk
  return formatUri({
    ...uri,
    user: user === '' ? undefined : sipUri(user, uri.host).user,
    password: undefined,
  })
}

function trunkCredentials(trunk: Trunk | undefined): InviteOptions['credentials'] {
  if (trunk === undefined || trunk.config.username === '') return undefined
  return { username: trunk.config.username, password: trunk.config.password }
}

function toTarget(
  uri: string,
  done: (target: Target | undefined) => void,
): (destinations: readonly Destination[]) => void {
  return (destinations) => done(destinations.length === 0 ? undefined : { uri, destinations })
}

// A registered contact is reached over the flow it registered with when that is the only way in: its TCP connection,
// or the address its NAT showed us.
function locateBinding(
  binding: Binding,
  room: OutboundRoom,
  done: (target: Target | undefined) => void,
): void {
  const { uri, flow, path } = binding
  const living = flow.transport === 'TCP' && flow.connectionId !== undefined
  if (path.length === 0 && (living || (binding.behindNat && flow.transport === 'UDP'))) {
    const { transport, remoteAddress, remotePort } = flow
    return done({
      uri,
      destinations: [{ transport, address: remoteAddress, port: remotePort, flow }],
    })
  }
  const next = path[0]?.replace(/^[^<]*<([^>]*)>.*$/, '$1') ?? uri
  room.locator.locate(next, undefined, toTarget(uri, done))
}

// A redirect may go nowhere that the API user could not have called (toll fraud by 302).
function redirect(
  effect: InviteEffect,
  room: OutboundRoom,
  contact: string,
  done: (target: Target | undefined) => void,
): void {
  const way = room.neighbours.wayTo(contact)
  if (typeof way === 'string') return done(undefined)
  const transport = effect.transport === 'TLS' ? undefined : effect.transport
  switch (way.kind) {
    case 'user': {
      const binding = room.contactsOf(way.username)[0]
      if (binding === undefined) return done(undefined)
      return locateBinding(binding, room, done)
    }
    case 'trunk': {
      const uri = trunkTarget(way.trunk, way.user)
      return room.locator.locate(uri, transport, toTarget(uri, done))
    }
    case 'host': {
      const mayUse = (address: string): boolean =>
        way.listed || room.neighbours.mayDialAddress(address)
      return room.locator.locate(contact, transport, toTarget(contact, done), mayUse)
    }
  }
}
