// Webhooks that were sent: each with all attempts, what was said and what the receiver answered, and to be sent again.
import { useState } from 'preact/hooks'
import { ask, get, pathOf } from '../api/client.ts'
import type { Attempt, Paged, WebhookDelivery } from '../api/types.ts'
import { countText, exactTimeText, momentText } from '../model/format.ts'
import { now } from '../state/clock.ts'
import { tell } from '../state/notices.ts'
import { hrefOf } from '../state/route.ts'
import { role } from '../state/session.ts'
import { CopyButton } from '../ui/copy.tsx'
import { useLoaded } from '../ui/load.ts'
import { OpenLine, useOpenLines } from '../ui/opened.tsx'
import type { OpenLines } from '../ui/opened.tsx'
import { Nothing, Page, Trouble } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { LevelMark } from '../ui/tile.tsx'

interface Deliveries {
  readonly data: readonly WebhookDelivery[]
  readonly meta: Paged
}

interface Filter {
  readonly contains: string
  readonly type: string
  readonly status: string
}

function pathFor(filter: Filter, page: number): string {
  const query = new URLSearchParams({ 'page[number]': String(page), 'page[size]': '50' })
  if (filter.contains !== '') query.set('filter[webhook][contains]', filter.contains)
  if (filter.type !== '') query.set('filter[event_type]', filter.type)
  if (filter.status !== '') query.set('filter[status][eq]', filter.status)
  return `/v2/webhook_deliveries?${query}`
}

export function WebhooksPage() {
  const [page, setPage] = useState(1)
  const [filter, setFilter] = useState<Filter>({ contains: '', type: '', status: '' })
  const open = useOpenLines()
  const path = pathFor(filter, page)
  const { data, trouble, reload } = useLoaded(
    path,
    () => get<Deliveries>(path),
    page === 1 ? 5000 : 0,
  )
  const change = (part: Partial<Filter>): void => {
    setFilter({ ...filter, ...part })
    setPage(1)
  }
  return (
    <Page
      title="Webhooks"
      actions={
        <button type="button" onClick={reload}>
          Load anew
        </button>
      }
    >
      <div class="bar">
        <label class="search">
          <span class="unseen">Leg, number or any other text of the webhook</span>
          <input
            type="search"
            placeholder="Leg, number or other text"
            onChange={(event) => change({ contains: event.currentTarget.value.trim() })}
          />
        </label>
        <label>
          Type{' '}
          <input
            type="text"
            list="event-types"
            placeholder="call.enqueued, …"
            onChange={(event) => change({ type: event.currentTarget.value.trim() })}
          />
        </label>
        <datalist id="event-types">
          {[...new Set(data?.data.map(({ webhook }) => webhook.event_type))].sort().map((type) => (
            <option key={type} value={type} />
          ))}
        </datalist>
        <label>
          Status{' '}
          <select
            value={filter.status}
            onChange={(event) => change({ status: event.currentTarget.value })}
          >
            <option value="">all</option>
            <option value="delivered">delivered</option>
            <option value="failed">not delivered</option>
          </select>
        </label>
        <span class="hint">
          {data === undefined ? '' : countText(data.meta.total_results, 'delivery', 'deliveries')}
        </span>
      </div>
      <Trouble text={trouble} />
      {data !== undefined && data.data.length === 0 ? (
        <Nothing>No webhook was found.</Nothing>
      ) : null}
      <ol class="timeline">
        {data?.data.map((one) => (
          <DeliveryRow key={one.id} one={one} open={open} onSent={reload} />
        ))}
      </ol>
      {data === undefined ? null : <Pager meta={data.meta} onPage={setPage} />}
    </Page>
  )
}

interface DeliveryRowProps {
  readonly one: WebhookDelivery
  readonly open: OpenLines
  readonly onSent: () => void
}

function DeliveryRow({ one, open, onSent }: DeliveryRowProps) {
  const [last] = one.attempts
  const status = last?.http.response?.status
  const isDelivered = one.status === 'delivered'
  return (
    <li data-row data-delivery={one.id}>
      <OpenLine
        id={one.id}
        open={open}
        summary={
          <>
            <span class="at">{momentText(Date.parse(one.started_at), now.peek())}</span>
            <span class="said">
              <LevelMark level={isDelivered ? 'good' : 'bad'} /> {one.webhook.event_type}
            </span>
            <span>{isDelivered ? 'delivered' : 'not delivered'}</span>
            <span class="hint">
              {status === undefined ? 'no answer' : `HTTP ${status}`},{' '}
              {countText(one.attempts.length, 'attempt')}
            </span>
          </>
        }
      >
        {() => <DeliveryDetail one={one} onSent={onSent} />}
      </OpenLine>
    </li>
  )
}

function DeliveryDetail({
  one,
  onSent,
}: {
  readonly one: WebhookDelivery
  readonly onSent: () => void
}) {
  const leg = one.webhook.payload['call_control_id']
  const sendAgain = async (): Promise<void> => {
    const answer = await ask('POST', pathOf`/v2/webhook_deliveries/${one.id}/actions/redeliver`, {})
    if (!answer.ok) return tell(answer.refusal.text, true)
    tell(`${one.webhook.event_type} is sent again.`)
    onSent()
  }
  return (
    <div class="opened">
      <div class="buttons">
        {role.value === 'admin' ? (
          <button type="button" onClick={() => void sendAgain()}>
            Send again
          </button>
        ) : null}
        {typeof leg === 'string' ? (
          <a class="button" href={hrefOf('calls', leg)}>
            Explain the call
          </a>
        ) : null}
        <CopyButton text={() => JSON.stringify(one.webhook, null, 2)} label="Copy the body" />
      </div>
      <h2>Body</h2>
      <pre tabIndex={0}>{JSON.stringify(one.webhook, null, 2)}</pre>
      {one.attempts.map((attempt, index) => (
        <AttemptDetail
          key={attempt.started_at}
          attempt={attempt}
          number={one.attempts.length - index}
        />
      ))}
    </div>
  )
}

function AttemptDetail({
  attempt,
  number,
}: {
  readonly attempt: Attempt
  readonly number: number
}) {
  const { request, response } = attempt.http
  const tookMs = Date.parse(attempt.finished_at) - Date.parse(attempt.started_at)
  const headers = (list: readonly (readonly string[])[]): string =>
    list.map(([name = '', value = '']) => `${name}: ${value}`).join('\n')
  return (
    <section>
      <h3>
        Attempt {number}: {attempt.status} at {exactTimeText(Date.parse(attempt.started_at))},{' '}
        {tookMs} ms
      </h3>
      <pre tabIndex={0}>{`POST ${request.url}\n${headers(request.headers)}`}</pre>
      {response === undefined ? (
        <p>No answer came{attempt.errors.length === 0 ? '' : ` (${attempt.errors.join(', ')})`}.</p>
      ) : (
        <pre
          tabIndex={0}
        >{`HTTP ${response.status}\n${headers(response.headers)}\n\n${response.body}`}</pre>
      )}
    </section>
  )
}
