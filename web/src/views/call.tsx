// One page that explains a call: SIP, commands, events, webhooks and audio of all its legs on one line of time, while it
// lasts and afterwards. Each line opens to everything that is known of it.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { get, pathOf } from '../api/client.ts'
import type { Lane, Timeline, TimelineItem, TimelineLeg } from '../api/types.ts'
import { clockText, countText, exactTimeText, momentText, partyText } from '../model/format.ts'
import {
  appended,
  laneNames,
  lanes,
  lifelines,
  offsetText,
  rungOf,
  shortMessage,
  timelineRows,
} from '../model/timeline.ts'
import type { Rung, TimelineRow } from '../model/timeline.ts'
import { now } from '../state/clock.ts'
import { hrefOf } from '../state/route.ts'
import { role } from '../state/session.ts'
import { CopyButton } from '../ui/copy.tsx'
import { ListenButton } from '../ui/listen-button.tsx'
import { Groups } from '../ui/groups.tsx'
import { OpenLine, useOpenLines } from '../ui/opened.tsx'
import type { OpenLines } from '../ui/opened.tsx'
import { Nothing, Page, Trouble } from '../ui/page.tsx'

/** A page of many thousand lines helps nobody; the files to download hold everything. */
const itemsMax = 3000
const waitSecs = 20
const linesPerGroup = 25
const pauseMs = 500
const troublePauseMs = 5000

function useTimeline(id: string) {
  const timeline = useSignal<Timeline | undefined>(undefined)
  const trouble = useSignal('')
  useEffect(() => {
    let closed = false
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    const read = async (): Promise<void> => {
      let after = ''
      while (!closed) {
        // Each question occupies one of the browser's few connections for a while.
        if (document.visibilityState === 'hidden') {
          await pause(pauseMs)
          continue
        }
        const known = timeline.peek()
        const isOver = known !== undefined && known.legs.every((leg) => leg.state === 'ended')
        const query = new URLSearchParams({
          limit: '500',
          wait_secs: known === undefined ? '0' : String(waitSecs),
        })
        if (after !== '') query.set('after', after)
        const answer = await get<{ data: Timeline; meta: { next: string } }>(
          `${pathOf`/v2/calls/${id}/timeline`}?${query}`,
        )
        if (closed) return
        trouble.value = answer.ok ? '' : answer.refusal.text
        if (!answer.ok) {
          if (answer.refusal.status === 404) return
          await pause(troublePauseMs)
          continue
        }
        const { data, meta } = answer.body
        after = meta.next
        timeline.value = known === undefined ? data : appended(known, data)
        if (data.items.length === 0 && isOver) return
        if (timeline.value.items.length >= itemsMax) return
        if (data.items.length < 500) await pause(pauseMs)
      }
    }
    void read()
    return () => {
      closed = true
    }
  }, [id])
  return { timeline, trouble }
}

export function CallPage({ id }: { readonly id: string }) {
  const { timeline, trouble } = useTimeline(id)
  const chosen = useSignal<ReadonlySet<Lane>>(new Set(lanes))
  const known = timeline.value
  const leg = known?.legs.find((one) => one.call_control_id === id)
  const toggle = (lane: Lane): void => {
    const next = new Set(chosen.value)
    if (!next.delete(lane)) next.add(lane)
    chosen.value = next
  }
  return (
    <Page
      title={
        leg === undefined ? 'Call' : `Call from ${partyText(leg.from)} to ${partyText(leg.to)}`
      }
      actions={
        known === undefined ? undefined : (
          <>
            {role.value === 'admin' && leg !== undefined ? (
              <ListenButton
                id={id}
                name={partyText(leg.direction === 'incoming' ? leg.from : leg.to)}
                isAlive={leg.answered_at !== null && leg.ended_at === null}
              />
            ) : null}
            <a class="button" href={pathOf`/v2/calls/${id}/timeline/bundle`} download>
              Download all
            </a>
            <a class="button" href={pathOf`/v2/calls/${id}/timeline/pcap`} download>
              Download SIP (pcap)
            </a>
          </>
        )
      }
    >
      <Trouble text={trouble.value} />
      {known === undefined ? (
        <Nothing>
          {trouble.value === ''
            ? 'The timeline is on its way.'
            : 'Calls are kept for some hours after their end (trace.keep_hours).'}
        </Nothing>
      ) : (
        <>
          <Legs legs={known.legs} />
          {known.gaps.map((gap) => (
            <p key={gap.from} class="trouble">
              Not everything was written down from {exactTimeText(Date.parse(gap.from))} to{' '}
              {exactTimeText(Date.parse(gap.to))}: {countText(gap.items, 'line')} missing.
            </p>
          ))}
          <fieldset class="lanes">
            <legend>Lanes</legend>
            {lanes.map((lane) => (
              <label key={lane} class={`check lane-${lane}`}>
                <input
                  type="checkbox"
                  checked={chosen.value.has(lane)}
                  onChange={() => toggle(lane)}
                />{' '}
                {laneNames[lane]}
              </label>
            ))}
          </fieldset>
          <Axis known={known} chosen={chosen.value} />
          {known.items.length >= itemsMax ? (
            <p class="hint">More than {itemsMax} lines; the download has all of them.</p>
          ) : null}
        </>
      )}
    </Page>
  )
}

function Legs({ legs }: { readonly legs: readonly TimelineLeg[] }) {
  return (
    <div class="scroll" role="region" aria-label="Legs" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Leg</th>
            <th scope="col">Direction</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Begin</th>
            <th scope="col">Length</th>
            <th scope="col">State</th>
            <th scope="col">Queue</th>
          </tr>
        </thead>
        <tbody>
          {legs.map((leg, index) => (
            <tr key={leg.call_control_id} data-row>
              <th scope="row">
                <a href={hrefOf('calls', leg.call_control_id)}>{index + 1}</a>
              </th>
              <td>{leg.direction}</td>
              <td>{partyText(leg.from)}</td>
              <td>{partyText(leg.to)}</td>
              <td>{momentText(Date.parse(leg.started_at), now.peek())}</td>
              <td class="number">
                <LegLength leg={leg} />
              </td>
              <td>
                {leg.hangup_cause === null ? leg.state : `${leg.state} (${leg.hangup_cause})`}
              </td>
              <td>{leg.queue_name ?? '–'}</td>
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

interface AxisProps {
  readonly known: Timeline
  readonly chosen: ReadonlySet<Lane>
}

/** One axis of time from top to bottom, the lanes beside each other; on a narrow screen within each other. */
function Axis({ known, chosen }: AxisProps) {
  const names = lifelines(known.legs)
  const rows = timelineRows(known, chosen)
  const open = useOpenLines()
  return (
    <div class="axis" style={{ '--lifelines': String(names?.length ?? 1) }}>
      <div class="axis-head" aria-hidden="true">
        <span>Time</span>
        <span class="lifelines">
          {names === undefined ? 'SIP' : names.map((name) => <span key={name}>{name}</span>)}
        </span>
        <span>Commands</span>
        <span>Events and webhooks</span>
        <span>Audio</span>
      </div>
      <div class={names === undefined ? 'timeline' : 'timeline ladder'} data-count={rows.length}>
        <Groups
          items={rows}
          perGroup={linesPerGroup}
          guessPx={linesPerGroup * 36}
          draw={(some, from) => (
            <ol start={from + 1}>
              {some.map((row) => (
                <Row key={row.item.cursor} {...{ row, open }} lifelineCount={names?.length ?? 0} />
              ))}
            </ol>
          )}
        />
      </div>
    </div>
  )
}

interface RowProps {
  readonly row: TimelineRow
  /** 0: no ladder is drawn. */
  readonly lifelineCount: number
  readonly open: OpenLines
}

function Row({ row, lifelineCount, open }: RowProps) {
  const { item, atMs, sinceStartMs, legNumber, said } = row
  const rung = lifelineCount === 0 ? undefined : rungOf(row)
  return (
    <li class={`lane-${item.lane}`} data-row data-lane={item.lane}>
      <OpenLine
        id={item.cursor}
        open={open}
        summary={
          <>
            <span class="at" title={exactTimeText(atMs)}>
              {offsetText(sinceStartMs)}
            </span>
            <span class="lane">{laneNames[item.lane]}</span>
            <span class="cell">
              <span class="leg">{legNumber === 0 ? '' : `leg ${legNumber}`}</span>
              {rung === undefined ? (
                <span class="said">{said}</span>
              ) : (
                <Message row={row} rung={rung} of={lifelineCount} />
              )}
            </span>
          </>
        }
      >
        {() => <Detail item={item} />}
      </OpenLine>
    </li>
  )
}

interface MessageProps {
  readonly row: TimelineRow
  readonly rung: Rung
  readonly of: number
}

/** An arrow from one lifeline to another with a few letters; where no ladder is drawn, the whole line in words. */
function Message({ row: { said, item }, rung, of }: MessageProps) {
  const left = (Math.min(rung.from, rung.to) + 0.5) / of
  const width = Math.abs(rung.to - rung.from) / of
  return (
    <span
      class={rung.to > rung.from ? 'said rung right' : 'said rung left'}
      style={{ marginLeft: `${left * 100}%`, width: `${width * 100}%` }}
      title={said}
    >
      <span class="in-words">{said}</span>
      <span class="short">{shortMessage(item)}</span>
    </span>
  )
}

function Detail({ item }: { readonly item: TimelineItem }) {
  const { text, curl, ...rest } = item.detail
  return (
    <div class="opened">
      <p>
        {item.at} <CopyButton text={() => JSON.stringify(item, null, 2)} label="Copy as JSON" />{' '}
        {typeof curl === 'string' ? <CopyButton text={() => curl} label="Copy as curl" /> : null}
      </p>
      {typeof text === 'string' ? <pre tabIndex={0}>{text}</pre> : null}
      {typeof curl === 'string' ? <pre tabIndex={0}>{curl}</pre> : null}
      <pre tabIndex={0}>{JSON.stringify(rest, null, 2)}</pre>
    </div>
  )
}
