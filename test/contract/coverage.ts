// Was everything that we promise really asked for? After a whole test run: every operation of our own description must
// have been answered with success over HTTP, every webhook that we can emit must have been received, and what of the
// vendor's description we lack must be exactly the list below, which may only shrink.

import { readFileSync } from 'node:fs'
import { testApi } from '../../src/api/testing.ts'
import { webhookOf } from '../../src/webhooks/payloads.ts'
import { sampleEvents, stamp } from '../support/events.ts'
import { loadStructure } from './structure.ts'

/** Operations of the vendor's description that this server does not have. Take out what is built; add nothing. */
const notBuilt: readonly string[] = [
  ...[
    'ai_assistant_add_messages ai_assistant_join ai_assistant_start ai_assistant_stop',
    'conversation_relay_start conversation_relay_stop',
    'gather_using_ai',
    'send_sip_info siprec_start siprec_stop',
    'suppression_start suppression_stop',
    'transcription_start transcription_stop',
  ]
    .flatMap((line) => line.split(' '))
    .map((action) => `POST /calls/{}/actions/${action}`),
]

interface Hits {
  readonly operations: readonly (readonly [string, readonly (readonly [number, number])[]])[]
  readonly events: readonly (readonly [string, number])[]
}

/** What is missing in the hits that the recorders appended to `logFile`; empty when all is well. */
export async function coverageProblems(logFile: string): Promise<string[]> {
  const lines = readFileSync(logFile, 'utf8').split('\n')
  const hits = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Hits) // Our own lines.
  const asked = new Set(
    hits.flatMap(({ operations }) =>
      operations
        .filter(([, statuses]) => statuses.some(([status]) => isSuccess(status)))
        .map(([operation]) => operation.replace(/ \/v2(?=\/)/, ' ')),
    ),
  )
  const received = new Set(hits.flatMap(({ events }) => events.map(([type]) => type)))
  const own = await ownOperations()
  const emitted = sampleEvents().map((event) => webhookOf(stamp(event), '')?.eventType)
  return [
    ...own
      .filter((one) => !wasAsked(one, asked))
      .map((one) => `${one} was never answered 2xx or 101`),
    ...[...new Set(emitted)]
      .filter((type) => type !== undefined && !received.has(type))
      .map((type) => `${type} was never received`),
    ...differences(own.map(nameless)),
  ]
}

/** `GET /queues/{queue_name}` for everything in the description that the server publishes. */
async function ownOperations(): Promise<string[]> {
  const { api } = testApi()
  const answer = await api.inject('/openapi.json')
  await api.close()
  const { paths } = answer.json<{ paths: Record<string, Record<string, unknown>> }>()
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/^\/v2/, '')}`),
  )
}

/** 101: it has become a WebSocket. */
function isSuccess(status: number): boolean {
  return status === 101 || (status >= 200 && status < 300)
}

/** Hits are named by the vendor's template, or by their path where the vendor has none. */
function wasAsked(operation: string, asked: ReadonlySet<string>): boolean {
  const pattern = new RegExp(`^${operation.replace(/\{[^}]+\}/g, '[^/]+')}$`)
  return [...asked].some((one) => pattern.test(one))
}

function differences(own: readonly string[]): string[] {
  const structure = loadStructure()
  if (structure === undefined) return []
  const theirs = structure.paths.flatMap(({ template, methods }) =>
    methods.map((method) => nameless(`${method.toUpperCase()} ${template}`)),
  )
  const lacking = theirs.filter((one) => !own.includes(one))
  return [
    ...lacking.filter((one) => !notBuilt.includes(one)).map((one) => `${one} is not built`),
    ...notBuilt
      .filter((one) => !lacking.includes(one))
      .map((one) => `${one} is built: take it out of the list in coverage.ts`),
  ]
}

function nameless(operation: string): string {
  return operation.replace(/\{[^}]+\}/g, '{}')
}
