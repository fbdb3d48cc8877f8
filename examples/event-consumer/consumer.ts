// Keeps who waits in which queue, in order, in a file; pulls events instead of waiting for webhooks. It may be killed at
// any moment, and so may the server: state and cursor are one file that is replaced as a whole, so each event counts once.
//
//   HOLDFAST_URL=http://127.0.0.1:8080 HOLDFAST_API_KEY=KEY… node examples/event-consumer/consumer.ts queues.json

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

type Item = { name: string; call_control_id: string; event_type: string; payload: Payload }
type Payload = { queue: string; call_control_id: string }
type Answer = { data: Item[]; meta: { next: string; total_pages: number } }
type State = { cursor: string; queues: Record<string, string[]> }

const file = process.argv[2] ?? 'queues.json'
// As for the command line, with or without /v2 at its end.
const base = `${(process.env['HOLDFAST_URL'] ?? 'http://127.0.0.1:8080').replace(/\/v2$/, '')}/v2`
const headers = { authorization: `Bearer ${process.env['HOLDFAST_API_KEY']}` }
const gone: Answer = { data: [], meta: { next: '', total_pages: 0 } }

async function get(path: string): Promise<Answer> {
  const response = await fetch(base + path, { headers, signal: AbortSignal.timeout(60_000) })
  if (response.status === 404 || response.status === 410) return gone
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Answer // The shape that the server's /openapi.json describes.
}

/** A whole list. Back to front: what leaves meanwhile moves others only to where we still look. */
async function all(path: string): Promise<Item[]> {
  const items: Item[] = []
  let page = (await get(`${path}?page[size]=250`)).meta.total_pages
  for (; page > 0; page--)
    items.unshift(...(await get(`${path}?page[size]=250&page[number]=${page}`)).data)
  return items
}

/** The queues as they are now, with a cursor from just before: events in between may be applied twice without harm. */
async function takeStock(): Promise<State> {
  const state: State = { cursor: (await get('/events?after=newest')).meta.next, queues: {} }
  for (const { name } of await all('/queues'))
    for (const call of await all(`/queues/${encodeURIComponent(name)}/calls`))
      place(state, 'call.enqueued', { queue: name, call_control_id: call.call_control_id })
  await get('/events?after=newest') // Answered when everything we have seen is on the server's disk.
  return state
}

function place({ queues }: State, type: string, { queue, call_control_id: call }: Payload): void {
  if (type !== 'call.enqueued' && type !== 'call.dequeued') return
  const others = (queues[queue] ?? []).filter((one) => one !== call)
  queues[queue] = type === 'call.enqueued' ? [...others, call] : others
}

let state: State | undefined = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
for (;;) {
  try {
    const answer = state ? await get(`/events?after=${state.cursor}&limit=1000&wait_secs=20`) : gone
    if (state === undefined || answer === gone) state = await takeStock()
    else state.cursor = answer.meta.next
    for (const event of answer.data) place(state, event.event_type, event.payload)
    writeFileSync(`${file}.new`, JSON.stringify(state))
    renameSync(`${file}.new`, file)
  } catch (error) {
    console.error(String(error)) // The server is away: nothing is lost, the events wait.
    await pause(200)
  }
}
