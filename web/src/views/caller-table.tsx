// The rows of a queue. Of a thousand only those in view are in the page; the table's length is kept by an empty row above
// and below, and readers are told how many there really are.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Caller } from '../model/callers.ts'
import { clockText, partyText } from '../model/format.ts'
import { rowWindow } from '../model/window.ts'
import { now } from '../state/clock.ts'
import { hrefOf } from '../state/route.ts'
import { role } from '../state/session.ts'
import { listening } from '../ui/listen.ts'
import { qualityOf, watchQuality } from '../state/quality.ts'
import { LevelMark } from '../ui/tile.tsx'
import { lossLevel } from '../model/thresholds.ts'
import type { Act, ActKind } from './caller-actions.tsx'

/** As the style sheet has it. */
const rowPx = 48

export interface CallerTableProps {
  readonly rows: readonly { readonly caller: Caller; readonly position: number }[]
  readonly onAct: (act: Act) => void
}

export function CallerTable({ rows, onAct }: CallerTableProps) {
  const body = useRef<HTMLTableSectionElement>(null)
  const view = useSignal({ scrolledPx: 0, visiblePx: innerHeight })
  useEffect(() => {
    const look = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0
      // A row more or less would draw anew with every pixel.
      const scrolledPx = Math.floor(-top / rowPx) * rowPx
      const old = view.peek()
      if (old.scrolledPx !== scrolledPx || old.visiblePx !== innerHeight) {
        view.value = { scrolledPx, visiblePx: innerHeight }
      }
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [])
  const { scrolledPx, visiblePx } = view.value
  const { from, to } = rowWindow(rows.length, rowPx, scrolledPx, visiblePx)
  const shown = rows.slice(from, to)
  return (
    <div class="callers-frame">
      <table class="callers" aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Position</th>
            <th scope="col">Number</th>
            <th scope="col" class="wide">
              Called
            </th>
            <th scope="col">Waits</th>
            <th scope="col">State</th>
            <th scope="col" class="wide">
              Quality
            </th>
            <th scope="col">{role.value === 'admin' ? 'Actions' : 'Call'}</th>
          </tr>
        </thead>
        <tbody ref={body}>
          <Gap rows={from} />
          {shown.map(({ caller, position }, index) => (
            <CallerRow
              key={caller.id}
              {...{ caller, position, onAct }}
              rowIndex={from + index + 2}
            />
          ))}
          <Gap rows={rows.length - to} />
        </tbody>
      </table>
    </div>
  )
}

function Gap({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null
  return (
    <tr class="gap" aria-hidden="true">
      <td colSpan={7} style={{ height: `${rows * rowPx}px` }} />
    </tr>
  )
}

interface CallerRowProps {
  readonly caller: Caller
  readonly position: number
  readonly rowIndex: number
  readonly onAct: (act: Act) => void
}

function CallerRow({ caller, position, rowIndex, onAct }: CallerRowProps) {
  const number = partyText(caller.from)
  const button = (kind: ActKind, name: string) => (
    <button
      type="button"
      class="small"
      disabled={!caller.alive && kind !== 'remove'}
      onClick={() => onAct({ kind, caller })}
    >
      {name}
      <span class="unseen"> {number}</span>
    </button>
  )
  const isHeard = listening.value === caller.id
  return (
    <tr aria-rowindex={rowIndex} data-row data-caller={caller.id}>
      <td class="number">{position}</td>
      <td>
        <a href={hrefOf('calls', caller.id)}>{number}</a>
      </td>
      <td class="wide">{partyText(caller.to)}</td>
      <td class="number">
        <Wait sinceMs={caller.enqueuedAtMs} />
      </td>
      <td>{caller.alive ? 'waiting' : 'hung up, place kept'}</td>
      <td class="wide">{caller.alive ? <QualityCell id={caller.id} /> : '–'}</td>
      <td class="actions">
        {role.value === 'admin' ? (
          <>
            {button('take', 'Take')}
            {button('move', 'Move')}
            {button('listen', isHeard ? 'Stop' : 'Listen')}
            {button('remove', 'Remove')}
            {button('hangup', 'Hang up')}
          </>
        ) : (
          <a href={hrefOf('calls', caller.id)}>
            Open<span class="unseen"> {number}</span>
          </a>
        )}
      </td>
    </tr>
  )
}

/** A cell of its own, so that only its text changes each second. */
function Wait({ sinceMs }: { readonly sinceMs: number }) {
  return <span>{clockText((now.value - sinceMs) / 1000)}</span>
}

function QualityCell({ id }: { readonly id: string }) {
  useEffect(() => watchQuality(id), [id])
  const quality = qualityOf(id).value
  if (quality === undefined) return <span>–</span>
  const jitter = quality.jitterMs === null ? '' : `${Math.round(quality.jitterMs)} ms jitter`
  return (
    <span title={jitter}>
      <LevelMark level={lossLevel(quality.lossPercent)} /> {quality.lossPercent.toFixed(1)} % lost
    </span>
  )
}
