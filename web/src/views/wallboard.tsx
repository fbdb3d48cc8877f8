// The wallboard: all queues together in large figures, then each queue in a line (or, on a phone, a card) of its own.
import { computed, signal, useSignal } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { QueueStatistics } from '../api/types.ts'
import { countText, timeText } from '../model/format.ts'
import * as tiles from '../model/tiles.ts'
import { rankOf } from '../model/thresholds.ts'
import { now } from '../state/clock.ts'
import { queueNames, statisticsOf, statisticsTrouble, total } from '../state/feed.ts'
import { hrefOf } from '../state/route.ts'
import { role } from '../state/session.ts'
import { Groups } from '../ui/groups.tsx'
import { Nothing, Page, Trouble } from '../ui/page.tsx'
import { LevelMark, TileCard } from '../ui/tile.tsx'
import { WaitingChart } from '../ui/waiting-chart.tsx'
import { TargetDialog } from './target.tsx'

const orderKey = 'holdfast-queue-order'
/** On this device: a wall that shows ten of thirty queues had better show the worst ten. */
const isWorstFirst = signal(localStorage.getItem(orderKey) === 'worst')

function chooseOrder(order: string): void {
  isWorstFirst.value = order === 'worst'
  localStorage.setItem(orderKey, order)
}

/** Names in the chosen order; the same list as long as nothing changes places. */
const inOrder = computed<readonly string[]>((): readonly string[] => {
  const names = queueNames.value
  if (!isWorstFirst.value) return names
  const ranks = new Map(
    names.map((name) => {
      const one = statisticsOf(name)?.value
      return [name, one === undefined ? 9 : rankOf(tiles.queueLevel(one, now.value))]
    }),
  )
  return names.toSorted((a, b) => (ranks.get(a) ?? 9) - (ranks.get(b) ?? 9))
})
const orderText = computed(() => inOrder.value.join('\n'))

export function Wallboard() {
  const search = useSignal('')
  void orderText.value // Drawn anew when the order changes, not each second.
  const names = inOrder.peek()
  const wanted = search.value.trim().toLowerCase()
  const found = names.filter((name) => name.toLowerCase().includes(wanted))
  return (
    <Page title="Wallboard">
      <Trouble text={statisticsTrouble.value} />
      <Total />
      <div class="bar">
        <h2>{countText(names.length, 'queue')}</h2>
        <label class="search">
          <span class="unseen">Search queues</span>
          <input
            type="search"
            placeholder="Search queues"
            value={search.value}
            onInput={(event) => (search.value = event.currentTarget.value)}
          />
        </label>
        <label>
          Order{' '}
          <select
            value={isWorstFirst.value ? 'worst' : 'name'}
            onChange={(event) => chooseOrder(event.currentTarget.value)}
          >
            <option value="name">by name</option>
            <option value="worst">worst first</option>
          </select>
        </label>
      </div>
      {names.length === 0 ? (
        <Nothing>There is no queue yet. The first caller who is enqueued makes one.</Nothing>
      ) : (
        <div>
          <Groups items={found} perGroup={6} guessPx={750} draw={drawQueues} />
        </div>
      )}
      <AsOf />
    </Page>
  )
}

function drawQueues(names: readonly string[]) {
  return (
    <ul class="cards">
      {names.map((name) => (
        <QueueCard key={name} name={name} />
      ))}
    </ul>
  )
}

function AsOf() {
  const all = total.value
  return all === undefined ? null : (
    <p class="hint">As of {timeText(Date.parse(all.as_of))}. Today is the day of the server.</p>
  )
}

function Longest({ one }: { readonly one: QueueStatistics }) {
  return <TileCard tile={tiles.longestTile(one, now.value)} />
}

function Total() {
  const one = total.value
  if (one === undefined) return <Nothing>The figures are on their way.</Nothing>
  const webhooks = tiles.webhookTile(one)
  return (
    <section class="total" aria-label="All queues">
      <dl class="tiles">
        <TileCard tile={tiles.waitingTile(one)}>
          <WaitingChart history={one.waiting_history} heightPx={56} label="Waiting, all queues" />
        </TileCard>
        <Longest one={one} />
        <TileCard tile={tiles.serviceTile(one)}>
          <Formula one={one} />
        </TileCard>
        <TileCard tile={tiles.answeredTile(one)} />
        <TileCard tile={tiles.abandonedTile(one)} />
        <TileCard tile={tiles.speedTile(one)} />
        <TileCard tile={tiles.agentsTile(one)} />
        {webhooks === undefined ? null : <TileCard tile={webhooks} />}
      </dl>
    </section>
  )
}

function Formula({ one }: { readonly one: QueueStatistics }) {
  return <span class="formula">{one.service_level.formula}</span>
}

function QueueCard({ name }: { readonly name: string }) {
  const one = statisticsOf(name)?.value
  if (one === undefined) return null
  return (
    <li class="card" data-queue={name}>
      <CardHead {...{ name, one }} />
      <dl class="tiles small">
        <TileCard tile={tiles.waitingTile(one)}>
          <WaitingChart history={one.waiting_history} heightPx={30} label={`Waiting, ${name}`} />
        </TileCard>
        <Longest one={one} />
        <TileCard tile={tiles.serviceTile(one)}>
          <Formula one={one} />
        </TileCard>
        <TileCard tile={tiles.answeredTile(one)} />
        <TileCard tile={tiles.abandonedTile(one)} />
        <TileCard tile={tiles.speedTile(one)} />
        <TileCard tile={tiles.agentsTile(one)} />
      </dl>
    </li>
  )
}

/** Of its own: its wait grows each second. */
function QueueMark({ one }: { readonly one: QueueStatistics }) {
  return <LevelMark level={tiles.queueLevel(one, now.value)} />
}

interface CardHeadProps {
  readonly name: string
  readonly one: QueueStatistics
}

function CardHead({ name, one }: CardHeadProps) {
  const [isTargetOpen, setTargetOpen] = useState(false)
  return (
    <div class="card-head">
      <h3>
        <QueueMark one={one} /> <a href={hrefOf('queues', name)}>{name}</a>
      </h3>
      {role.value === 'admin' ? (
        <button type="button" class="small" onClick={() => setTargetOpen(true)}>
          Change the target<span class="unseen"> of {name}</span>
        </button>
      ) : null}
      {isTargetOpen ? <TargetDialog one={one} onClose={() => setTargetOpen(false)} /> : null}
    </div>
  )
}
