// The rows of a queue. Of a thousand only those in view are in the page; the table's length is kept by an empty row above
// and below, and readers are told how many there really are.
import { useComputed, useSignal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Caller, Calling } from '../model/callers.ts'
import { clockText, partyText } from '../model/format.ts'
import { rowWindow } from '../model/window.ts'
import { now } from '../state/clock.ts'
import { focusHeading, hrefOf } from '../state/route.ts'
import { role } from '../state/session.ts'
import { ListenButton } from '../ui/listen-button.tsx'
import { qualityOf, watchQuality } from '../state/quality.ts'
import { LevelMark } from '../ui/tile.tsx'
import { lossLevel } from '../model/thresholds.ts'
import type { Act, ActKind } from './caller-actions.tsx'

/** As the style sheet has it. */
const narrow = matchMedia('(max-width: 1000px)')
const rowPxNow = (): number => (narrow.matches ? 112 : 48)

export interface CallerTableProps {
  readonly rows: readonly { readonly caller: Caller; readonly position: number }[]
  readonly calling: Signal<Calling>
  readonly onAct: (act: Act) => void
}

export function CallerTable({ rows, calling, onAct }: CallerTableProps) {
  const body = useRef<HTMLTableSectionElement>(null)
  const view = useSignal({ scrolledPx: 0, visiblePx: innerHeight, rowPx: rowPxNow() })
  useEffect(() => {
    const look = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0
      const rowPx = rowPxNow()
      // A row more or less would draw anew with every pixel.
      const scrolledPx = Math.floor(-top / rowPx) * rowPx
      const old = view.peek()
      const isSame =
        old.scrolledPx === scrolledPx && old.visiblePx === innerHeight && old.rowPx === rowPx
      if (!isSame) view.value = { scrolledPx, visiblePx: innerHeight, rowPx }
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [])
  const { scrolledPx, visiblePx, rowPx } = view.value
  const { from, to } = rowWindow(rows.length, rowPx, scrolledPx, visiblePx)
  const shown = rows.slice(from, to)
  return (
    <div class="callers-frame">
      {/* Roles in so many words: what is laid out as a grid is no table to some browsers any more. */}
      <table class="callers" role="table" aria-rowcount={rows.length + 1}>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>
            <th role="columnheader" scope="col">
              Position
            </th>
            <th role="columnheader" scope="col">
              Number
            </th>
            <th role="columnheader" scope="col">
              Called
            </th>
            <th role="columnheader" scope="col">
              Waits
            </th>
            <th role="columnheader" scope="col">
              State
            </th>
            <th role="columnheader" scope="col">
              Quality
            </th>
            <th role="columnheader" scope="col">
              {role.value === 'admin' ? 'Actions' : 'Call'}
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup" ref={body}>
          <Gap heightPx={from * rowPx} />
          {shown.map(({ caller, position }, index) => (
            <CallerRow
              key={caller.id}
              {...{ caller, position, calling, onAct }}
              rowIndex={from + index + 2}
            />
          ))}
          <Gap heightPx={(rows.length - to) * rowPx} />
        </tbody>
      </table>
    </div>
  )
}

function Gap({ heightPx }: { readonly heightPx: number }) {
  if (heightPx <= 0) return null
  return (
    <tr class="gap" aria-hidden="true">
      <td colSpan={7} style={{ height: `${heightPx}px` }} />
    </tr>
  )
}

interface CallerRowProps {
  readonly caller: Caller
  readonly position: number
  readonly rowIndex: number
  readonly calling: Signal<Calling>
  readonly onAct: (act: Act) => void
}

function CallerRow({ caller, position, rowIndex, calling, onAct }: CallerRowProps) {
  const element = useRef<HTMLTableRowElement>(null)
  // Buttons that cannot be pressed any more lose the focus: the caller's number keeps it.
  useLayoutEffect(() => {
    const row = element.current
    if (!caller.alive && row?.contains(document.activeElement) === true)
      row.querySelector('a')?.focus({ preventScroll: true })
  }, [caller.alive])
  // A row that goes takes the focus with it. At once, not after the next paint: a key may be pressed before.
  useLayoutEffect(() => {
    const row = element.current
    return () => {
      if (row?.contains(document.activeElement) === true) focusHeading()
    }
  }, [])
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
  return (
    <tr ref={element} role="row" aria-rowindex={rowIndex} data-row data-caller={caller.id}>
      <td role="cell" class="position">
        {position}
      </td>
      <td role="cell" class="number">
        <a href={hrefOf('calls', caller.id)}>{number}</a>
      </td>
      <td role="cell" class="called">
        {partyText(caller.to)}
      </td>
      <td role="cell" class="waits">
        <Wait sinceMs={caller.enqueuedAtMs} />
      </td>
      <td role="cell" class="state">
        {caller.alive ? <State {...{ caller, calling }} /> : 'hung up, place kept'}
      </td>
      <td role="cell" class="quality">
        {caller.alive ? <QualityCell id={caller.id} /> : '–'}
      </td>
      <td role="cell" class="actions">
        {role.value === 'admin' ? (
          <>
            {button('take', 'Take')}
            {button('move', 'Move')}
            <ListenButton class="small" id={caller.id} name={number} isAlive={caller.alive} />
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

interface StateProps {
  readonly caller: Caller
  readonly calling: Signal<Calling>
}

/** Of its own: calls begin and end all the time, and most are of others. */
function State({ caller, calling }: StateProps) {
  const text = useComputed(() => {
    const called = calling.value.get(caller.sessionId)
    return called === undefined ? 'waiting' : `${partyText(called.to)} is called`
  })
  return <span title={text.value}>{text.value}</span>
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
