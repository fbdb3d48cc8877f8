// The calls of the last hours, the newest first; each leads to the page that explains it.
import { useState } from 'preact/hooks'
import { get } from '../api/client.ts'
import type { Paged, TimelineLeg } from '../api/types.ts'
import { clockText, countText, momentText, partyText } from '../model/format.ts'
import { now } from '../state/clock.ts'
import { hrefOf } from '../state/route.ts'
import { useLoaded } from '../ui/load.ts'
import { Nothing, Page, Trouble } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'

const states = ['ringing', 'answered', 'queued', 'bridged', 'conference', 'ended'] as const

const searches = [
  ['from', 'From'],
  ['to', 'To'],
  ['queue_name', 'Queue'],
  ['call_control_id', 'Leg (call_control_id)'],
  ['call_session_id', 'Session'],
] as const

interface Calls {
  readonly data: readonly TimelineLeg[]
  readonly meta: Paged
}

export function CallsPage() {
  const [page, setPage] = useState(1)
  const [by, setBy] = useState<string>(searches[0][0])
  const [wanted, setWanted] = useState('')
  const [state, setState] = useState('')
  const query = new URLSearchParams({ 'page[number]': String(page), 'page[size]': '50' })
  if (wanted !== '') query.set(`filter[${by}]`, wanted)
  if (state !== '') query.set('filter[state]', state)
  const path = `/v2/call_timelines?${query}`
  const { data, trouble, reload } = useLoaded(path, () => get<Calls>(path), page === 1 ? 5000 : 0)
  return (
    <Page
      title="Calls"
      actions={
        <button type="button" onClick={reload}>
          Load anew
        </button>
      }
    >
      <div class="bar">
        <label>
          Search by{' '}
          <select
            value={by}
            onChange={(event) => {
              setBy(event.currentTarget.value)
              setPage(1)
            }}
          >
            {searches.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="search">
          <span class="unseen">What is searched</span>
          <input
            type="search"
            placeholder="All of it, as +15550100"
            onChange={(event) => {
              setWanted(event.currentTarget.value.trim())
              setPage(1)
            }}
          />
        </label>
        <label>
          State{' '}
          <select
            value={state}
            onChange={(event) => {
              setState(event.currentTarget.value)
              setPage(1)
            }}
          >
            <option value="">all</option>
            {states.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <span class="hint">
          {data === undefined ? '' : countText(data.meta.total_results, 'leg')}
        </span>
      </div>
      <Trouble text={trouble} />
      {data !== undefined && data.data.length === 0 ? <Nothing>No call was found.</Nothing> : null}
      {data === undefined || data.data.length === 0 ? null : <CallTable legs={data.data} />}
      {data === undefined ? null : <Pager meta={data.meta} onPage={setPage} />}
    </Page>
  )
}

function CallTable({ legs }: { readonly legs: readonly TimelineLeg[] }) {
  return (
    <div class="scroll" role="region" aria-label="Calls" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Begin</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">State</th>
            <th scope="col">Length</th>
            <th scope="col">Queue</th>
          </tr>
        </thead>
        <tbody>
          {legs.map((leg) => (
            <tr key={leg.call_control_id} data-row>
              <td>
                <a href={hrefOf('calls', leg.call_control_id)}>
                  {momentText(Date.parse(leg.started_at), now.peek())}
                </a>
              </td>
              <td>{partyText(leg.from)}</td>
              <td>{partyText(leg.to)}</td>
              <td>
                {leg.hangup_cause === null ? leg.state : `${leg.state} (${leg.hangup_cause})`}
              </td>
              <td class="number">
                <LegLength leg={leg} />
              </td>
              <td>
                {leg.queue_name === null ? (
                  '–'
                ) : (
                  <a href={hrefOf('queues', leg.queue_name)}>{leg.queue_name}</a>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function LegLength({ leg }: { readonly leg: TimelineLeg }) {
  const endMs = leg.ended_at === null ? now.value : Date.parse(leg.ended_at)
  return <span>{clockText((endMs - Date.parse(leg.started_at)) / 1000)}</span>
}
