// One queue: its callers in order, and what can be done for each. The list is loaded once and then kept up by events;
// every half a minute it is loaded anew, so that nothing that was missed stays.
import { useComputed, useSignal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { get, getRows, pageRows, pathOf, rowsMax } from '../api/client.ts'
import type { QueueCall } from '../api/types.ts'
import {
  callerOf,
  callersOf,
  callingAfter,
  changeOf,
  hungUp,
  matching,
  withCaller,
  without,
} from '../model/callers.ts'
import type { Caller, Calling } from '../model/callers.ts'
import { countText, partyText } from '../model/format.ts'
import * as tiles from '../model/tiles.ts'
import { now } from '../state/clock.ts'
import { follow, statisticsOf } from '../state/feed.ts'
import { hrefOf } from '../state/route.ts'
import { Nothing, Page, Trouble } from '../ui/page.tsx'
import { TileCard } from '../ui/tile.tsx'
import { CallerActions } from './caller-actions.tsx'
import type { Act } from './caller-actions.tsx'
import { CallerTable } from './caller-table.tsx'

const reloadMs = 30_000
/** More who come at once are loaded in one go. */
const askedOneByOneMax = 5
const gatherMs = 300

interface Callers {
  readonly rows: Signal<readonly Caller[]>
  /** How many wait behind those of `rows`: of a very long queue only the beginning is held. */
  readonly beyond: Signal<number>
  readonly calling: Signal<Calling>
  readonly trouble: Signal<string>
  readonly isLoaded: Signal<boolean>
}

function useCallers(queueName: string): Callers {
  const rows = useSignal<readonly Caller[]>([])
  const beyond = useSignal(0)
  const calling = useSignal<Calling>(new Map())
  const trouble = useSignal('')
  const isLoaded = useSignal(false)
  useEffect(() => {
    let closed = false
    let gathering: ReturnType<typeof setTimeout> | undefined
    const came = new Set<string>()
    /** When those who came are asked for next, the whole list is. */
    let isListWanted = false
    let loads = 0
    // What happened while a list was on its way: it may be older than that.
    const meanwhile = {
      came: new Set<string>(),
      left: new Set<string>(),
      hungUp: new Set<string>(),
    }
    const asItIsNow = (caller: Caller): Caller =>
      meanwhile.hungUp.has(caller.id) ? { ...caller, alive: false } : caller
    const load = async (): Promise<void> => {
      const mine = ++loads
      meanwhile.came.clear()
      meanwhile.left.clear()
      meanwhile.hungUp.clear()
      const answer = await getRows<QueueCall>(pathOf`/v2/queues/${queueName}/calls`)
      if (closed || mine !== loads) return
      isLoaded.value = true
      const isGone = !answer.ok && answer.refusal.status === 404
      trouble.value = answer.ok || isGone ? '' : answer.refusal.text
      if (answer.ok) {
        rows.value = callersOf(answer.body.rows, meanwhile.left).map(asItIsNow)
        beyond.value = answer.body.total - answer.body.rows.length
      }
      if (isGone) {
        rows.value = []
        beyond.value = 0
      }
      if (beyond.value === 0) for (const id of meanwhile.came) askLater(id)
      // Behind one who left, pages move up by one, and the next page begins one too late.
      if (meanwhile.left.size > 0 && rows.value.length > pageRows) loadSoon()
    }
    const askSoon = (): void => {
      gathering ??= setTimeout(() => void askWhoCame(), gatherMs)
    }
    const askLater = (id: string): void => {
      came.add(id)
      askSoon()
    }
    const loadSoon = (): void => {
      isListWanted = true
      askSoon()
    }
    const goes = (id: string): void => {
      const rest = without(rows.value, id)
      if (rest === rows.value && beyond.value > 0) beyond.value--
      rows.value = rest
      // Others have moved up to where they are shown.
      if (beyond.value > 0 && rest.length < rowsMax - pageRows) loadSoon()
    }
    const askWhoCame = async (): Promise<void> => {
      gathering = undefined
      const isWholeList = isListWanted
      isListWanted = false
      const ids = [...came]
      came.clear()
      if (isWholeList || ids.length > askedOneByOneMax) return load()
      for (const id of ids) {
        const answer = await get<{ data: QueueCall }>(pathOf`/v2/queues/${queueName}/calls/${id}`)
        if (closed) return
        // Who has left while the question was on its way is not back with the answer.
        if (answer.ok && !meanwhile.left.has(id))
          rows.value = withCaller(rows.value, asItIsNow(callerOf(answer.body.data)))
      }
    }
    const stop = follow({
      onStart: () => {
        calling.value = new Map() // Its end may have been missed.
        void load()
      },
      onEvent: (event) => {
        calling.value = callingAfter(calling.peek(), event)
        const change = changeOf(event, queueName)
        switch (change.kind) {
          case 'none':
            return
          case 'came':
            meanwhile.came.add(change.id)
            meanwhile.left.delete(change.id)
            if (beyond.value === 0) askLater(change.id)
            else beyond.value++
            return
          case 'left':
            came.delete(change.id)
            meanwhile.came.delete(change.id)
            meanwhile.left.add(change.id)
            goes(change.id)
            return
          case 'hung-up':
            meanwhile.hungUp.add(change.id)
            rows.value = hungUp(rows.value, change.id)
        }
      },
    })
    void load()
    const again = setInterval(() => void load(), reloadMs)
    return () => {
      closed = true
      stop()
      clearInterval(again)
      clearTimeout(gathering)
    }
  }, [queueName])
  return { rows, beyond, calling, trouble, isLoaded }
}

export function QueuePage({ queueName }: { readonly queueName: string }) {
  const { rows, beyond, calling, trouble, isLoaded } = useCallers(queueName)
  const search = useSignal('')
  const shown = useComputed(() => matching(rows.value, search.value))
  const [act, setAct] = useState<Act | undefined>(undefined)
  return (
    <Page
      title={`Queue ${queueName}`}
      actions={
        <a class="button" href={hrefOf()}>
          All queues
        </a>
      }
    >
      <QueueFigures queueName={queueName} />
      <div class="bar">
        <label class="search">
          <span class="unseen">Search numbers</span>
          <input
            type="search"
            placeholder="Search numbers"
            value={search.value}
            onInput={(event) => (search.value = event.currentTarget.value)}
          />
        </label>
        <span class="hint" aria-live="polite" data-count={rows.value.length}>
          {search.value === ''
            ? heldText(rows.value.length, beyond.value)
            : `${shown.value.length} of ${heldText(rows.value.length, beyond.value)}`}
        </span>
      </div>
      <Trouble text={trouble.value} />
      {isLoaded.value && rows.value.length === 0 ? (
        <Nothing>Nobody waits here.</Nothing>
      ) : (
        <CallerTable rows={shown.value} calling={calling} onAct={setAct} />
      )}
      {act === undefined ? null : (
        <CallerActions
          {...{ act, queueName }}
          called={partyText(calling.value.get(act.caller.sessionId)?.to ?? '', '')}
          isThere={rows.value.some(
            ({ id, alive }) => id === act.caller.id && alive === act.caller.alive,
          )}
          onClose={() => setAct(undefined)}
        />
      )}
    </Page>
  )
}

function heldText(held: number, beyond: number): string {
  if (beyond === 0) return countText(held, 'caller')
  return `the first ${held} of ${held + beyond} callers; the others are shown when they have moved up`
}

function QueueFigures({ queueName }: { readonly queueName: string }) {
  const one = statisticsOf(queueName)?.value
  if (one === undefined) return null
  return (
    <dl class="tiles small" aria-label="Figures of this queue">
      <TileCard tile={tiles.waitingTile(one)} />
      <TileCard tile={tiles.longestTile(one, now.value)} />
      <TileCard tile={tiles.serviceTile(one)} />
      <TileCard tile={tiles.abandonedTile(one)} />
      <TileCard tile={tiles.speedTile(one)} />
    </dl>
  )
}
