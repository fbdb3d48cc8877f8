// The wallboard: all queues together in large figures, then each queue in a card of its own.
import { useState } from 'preact/hooks'
import type { QueueStatistics } from '../api/types.ts'
import { countText, timeText } from '../model/format.ts'
import * as tiles from '../model/tiles.ts'
import { worst } from '../model/thresholds.ts'
import { now } from '../state/clock.ts'
import { queueNames, statisticsOf, statisticsTrouble, total } from '../state/feed.ts'
import { hrefOf } from '../state/route.ts'
import { role } from '../state/session.ts'
import { Nothing, Page, Trouble } from '../ui/page.tsx'
import { LevelMark, TileCard } from '../ui/tile.tsx'
import { WaitingChart } from '../ui/waiting-chart.tsx'
import { TargetDialog } from './target.tsx'

/** Beyond it a line for each queue would cost more than it tells. */
const chartsMax = 24

export function Wallboard() {
  const all = total.value
  const names = queueNames.value
  return (
    <Page title="Wallboard">
      <Trouble text={statisticsTrouble.value} />
      {all === undefined ? <Nothing>The figures are on their way.</Nothing> : <Total one={all} />}
      <h2>{countText(names.length, 'queue')}</h2>
      {names.length === 0 ? (
        <Nothing>There is no queue yet. The first caller who is enqueued makes one.</Nothing>
      ) : (
        <ul class="cards">
          {names.map((name, index) => (
            <QueueCard key={name} name={name} hasChart={index < chartsMax} />
          ))}
        </ul>
      )}
      {all === undefined ? null : <p class="hint">As of {timeText(Date.parse(all.as_of))}.</p>}
    </Page>
  )
}

function Longest({ one }: { readonly one: QueueStatistics }) {
  return <TileCard tile={tiles.longestTile(one, now.value)} />
}

function Total({ one }: { readonly one: QueueStatistics }) {
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

function QueueCard({ name, hasChart }: { readonly name: string; readonly hasChart: boolean }) {
  const [isTargetOpen, setTargetOpen] = useState(false)
  const one = statisticsOf(name)?.value
  if (one === undefined) return null
  const shown = [tiles.serviceTile(one), tiles.abandonedTile(one), tiles.waitingTile(one)]
  const level = worst(shown.map((tile) => tile.level))
  return (
    <li class="card" data-queue={name}>
      <h3>
        <a href={hrefOf('queues', name)}>{name}</a> <LevelMark level={level} />
      </h3>
      <dl class="tiles small">
        <TileCard tile={tiles.waitingTile(one)}>
          {hasChart ? (
            <WaitingChart history={one.waiting_history} heightPx={36} label={`Waiting, ${name}`} />
          ) : null}
        </TileCard>
        <Longest one={one} />
        <TileCard tile={tiles.serviceTile(one)} />
        <TileCard tile={tiles.answeredTile(one)} />
        <TileCard tile={tiles.abandonedTile(one)} />
        <TileCard tile={tiles.speedTile(one)} />
        <TileCard tile={tiles.agentsTile(one)} />
      </dl>
      <p class="formula">Service level: {one.service_level.formula}</p>
      {role.value === 'admin' ? (
        <button type="button" class="small" onClick={() => setTargetOpen(true)}>
          Change the target<span class="unseen"> of {name}</span>
        </button>
      ) : null}
      {isTargetOpen ? <TargetDialog one={one} onClose={() => setTargetOpen(false)} /> : null}
    </li>
  )
}
