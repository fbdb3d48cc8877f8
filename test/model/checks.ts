// The promises, checked in every state: of the engine against the specification, of the disk against the events on it, and
// of everything together when nothing is under way.

import type { LegRow } from '../../src/engine/leg-row.ts'
import type { Leg } from '../../src/engine/state.ts'
import { promise } from './broken.ts'
import type { ModelDisk } from './disk.ts'
import type { Spec } from './spec.ts'
import type { Life, World } from './world.ts'

/** After every move: every leg is where it must be, the line is the line, and nothing is half decided. */
export function checkState(spec: Spec, life: Life): void {
  const { engine, store } = life
  if (engine === undefined) return
  const { state } = engine
  const { entries } = store.book.everything()
  const line = entries.map(({ entry }) => entry.legId)
  promise(line.join() === spec.line.join(), () => `line ${line.join()}, not ${spec.line.join()}`)
  for (const name of spec.names) checkLeg(spec, name, legOf(life, name))
  for (const leg of state.legs.values()) checkFree(leg)
  const running = [...state.answers.values()].filter(({ at }) => at === 'running')
  promise(running.length === 0, () => 'a command is still under way')
  promise(engine.verbsUnderWay() === 0, () => 'a verb is still under way')
  const living = spec.names.filter((name) => spec.isLiving(name)).length
  const expected = { legs: living, queued: spec.line.length, bridges: spec.bridges().length }
  const { legs, queued, bridges } = state.counts
  const counted = JSON.stringify({ legs, queued, bridges })
  promise(counted === JSON.stringify(expected), () => `counted ${counted}`)
}

function checkLeg(spec: Spec, name: string, leg: Leg | undefined): void {
  const { at, peer, issuer } = spec.of(name)
  const is = leg?.state.at ?? 'none'
  promise(is === at, () => `${name} is ${is}, must be ${at}`)
  if (leg?.state.at !== 'bridged') return
  const { bridge } = leg.state
  const expected = issuer ? `${name} ${peer ?? ''}` : `${peer ?? ''} ${name}`
  const made = `${bridge.issuer} ${bridge.other}`
  promise(made === expected, () => `bridge ${made}, must be ${expected}`)
}

function checkFree({ legId, claim, deferredEnd, takenElsewhere, line }: Leg): void {
  const isFree = claim === undefined && deferredEnd === undefined && !takenElsewhere
  promise(isFree && line.length === 0, () => `${legId} waits for something that nobody will say`)
}

/** Nothing waits for the disk: everybody has heard everything, phones and media are as the legs. */
export function checkQuiet({ spec, outside }: World, { rooms, open }: Life): void {
  const [unanswered] = open
  promise(unanswered === undefined, () => `${unanswered?.what ?? ''} was never answered`)
  const links = [...rooms.links].map(([one, other]) => `${one} ${other}`).sort()
  const pairs = spec.bridges().flatMap((pair) => [pair, pair.split(' ').reverse().join(' ')])
  const bridges = pairs.sort()
  promise(links.join() === bridges.join(), () => `links ${links.join()}, bridges ${bridges.join()}`)
  for (const [name, phone] of outside.phones) {
    const isUp = phone === 'up' || phone === 'ringing'
    promise(!isUp || spec.isLiving(name), () => `${name} was left alone on the phone`)
  }
}

/** What a process would find that starts now. The events must say the same as the rows: who waits, who talks with whom. */
export function checkDisk(disk: ModelDisk, remote: boolean): void {
  const { told } = disk
  if (remote) return
  const line = disk.line.map(({ facts }) => facts.legId)
  promise(
    line.join() === told.line.join(),
    () => `line on disk ${line.join()}, told ${told.line.join()}`,
  )
  const rows = new Map<string, LegRow>()
  for (const { table, id, row } of disk.rows.values()) {
    if (table === 'leg') rows.set(id, row as LegRow) // Written by the product under this name.
  }
  for (const [name, { state }] of rows) {
    promise(
      (state.at === 'queued') === line.some((one) => one === name),
      () => `${name} is ${state.at} on disk`,
    )
    promise(
      (state.at === 'ended') === told.ended.has(name),
      () => `the end of ${name} is half on disk`,
    )
    if (state.at !== 'bridged') continue
    const { issuer, other } = state.bridge
    const peer = rows.get(issuer === name ? other : issuer)?.state
    const isMutual =
      peer?.at === 'bridged' && peer.bridge.issuer === issuer && peer.bridge.other === other
    promise(isMutual, () => `half a bridge on disk: ${issuer} ${other}`)
    promise(told.bridged.has(name), () => `${name} is bridged and nobody was told`)
  }
}

/** A store that answers later: nobody twice at any time, and when nothing is under way nobody is lost and nothing waits. */
export function checkRemote(world: World, life: Life): void {
  const { engine, store, open, rooms } = life
  if (engine === undefined) return
  const { told } = world.disk
  for (const leg of engine.state.legs.values()) {
    if (leg.state.at !== 'bridged') continue
    const { issuer, other } = leg.state.bridge
    const peer = legOf(life, issuer === leg.legId ? other : issuer)
    const isMutual = peer?.state.at === 'bridged' && peer.state.bridge === leg.state.bridge
    promise(isMutual, () => `${leg.legId} is bridged with somebody who is not`)
    const isQueued = store.book.everything().entries.some(({ entry }) => entry.legId === leg.legId)
    promise(!isQueued || leg.claim !== undefined, () => `${leg.legId} is bridged and in the line`)
  }
  if (store.travelling.length + world.lost.length > 0) return
  for (const leg of engine.state.legs.values()) checkFree(leg)
  const [unanswered] = open
  promise(unanswered === undefined, () => `${unanswered?.what ?? ''} was never answered`)
  const line = store.book.everything().entries.map(({ entry }) => entry.legId)
  const waiting = [...told.line].sort().join()
  promise([...line].sort().join() === waiting, () => `line ${line.join()}, told ${waiting}`)
  for (const [name, phone] of world.outside.phones) {
    const leg = legOf(life, name)
    const at = leg?.state.at ?? 'none'
    promise((at === 'queued') === line.some((one) => one === name), () => `${name} is ${at}`)
    promise(
      (phone === 'up') === (at !== 'ended' && at !== 'none'),
      () => `${name}: ${phone}, ${at}`,
    )
    if (leg?.direction !== 'incoming' || at !== 'parked') continue
    promise(told.leftLine.has(name), () => `${name} was taken out of the line, and nobody was told`)
  }
  for (const [one, other] of rooms.links) {
    promise(legOf(life, one)?.state.at === 'bridged', () => `${one} hears ${other}`)
  }
}

function legOf({ engine }: Life, name: string): Leg | undefined {
  for (const leg of engine?.state.legs.values() ?? []) if (leg.legId === name) return leg
  return undefined
}
