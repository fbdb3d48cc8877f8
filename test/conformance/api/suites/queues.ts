// Queues as resources, without calls: create, read, change, delete, list.
import assert from 'node:assert/strict'
import Telnyx from 'telnyx'
import {
  assertField,
  assertRefused,
  clientPage,
  dataOf,
  errorPage,
  kinds,
  listOf,
  metaOf,
  page,
  wantedText,
  type Check,
  type Wanted,
} from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

export const queueFields: Readonly<Record<string, Wanted>> = {
  id: 'uuid',
  name: 'text',
  record_type: ['queue'],
  current_size: 'count',
  max_size: 'positive',
  average_wait_time_secs: 'count',
  created_at: 'millis',
  updated_at: 'millis',
}

/** A new queue, gone afterwards. */
async function withQueue(
  stage: ConformanceStage,
  body: Json,
  use: (name: string, created: Json) => void | Promise<void>,
): Promise<void> {
  const name = stage.unique('queue')
  const created = dataOf(await stage.post('/queues', { queue_name: name, ...body }))
  try {
    await use(name, created)
  } finally {
    await stage.request('DELETE', `/queues/${name}`)
  }
}

const created = (stage: ConformanceStage): Promise<Json> =>
  stage.once('queue object', async () => {
    const queue_name = stage.unique('object')
    return dataOf(await stage.post('/queues', { queue_name }))
  })

const objectChecks = Object.entries(queueFields).map(([field, wanted]): Check => ({
  name: `queue object: ${field} is ${wantedText(wanted)}`,
  cites: page('Retrieve a call queue'),
  covers: [`object queue#${field}`, 'POST /queues'],
  run: async (stage) => assertField(await created(stage), field, wanted),
}))

const create: readonly Check[] = [
  {
    name: 'create a queue: 200, not 201',
    cites: page('Create a queue'),
    covers: ['POST /queues'],
    run: async (stage) => {
      const answer = await stage.post('/queues', { queue_name: stage.unique('status') })
      assert.equal(answer.status, 200)
    },
  },
  {
    name: 'create a queue: max_size is 300 unless given',
    cites: page('Create a queue'),
    covers: ['POST /queues#max_size'],
    run: (stage) => withQueue(stage, {}, (_, queue) => assert.equal(queue['max_size'], 300)),
  },
  {
    name: 'create a queue: max_size is as given',
    cites: page('Create a queue'),
    covers: ['POST /queues#max_size'],
    run: (stage) =>
      withQueue(stage, { max_size: 7 }, (_, queue) => assert.equal(queue['max_size'], 7)),
  },
  {
    name: 'create a queue: it is empty',
    cites: page('Create a queue'),
    covers: ['POST /queues', 'object queue#current_size', 'object queue#average_wait_time_secs'],
    run: (stage) =>
      withQueue(stage, {}, (_, queue) =>
        assert.deepEqual([queue['current_size'], queue['average_wait_time_secs']], [0, 0]),
      ),
  },
  {
    name: 'create a queue: a name that exists is 10012',
    cites: 'C18',
    covers: ['code 422 10012', 'POST /queues#queue_name'],
    run: (stage) =>
      withQueue(stage, { max_size: 3 }, async (name) => {
        const again = await stage.post('/queues', { queue_name: name, max_size: 9 })
        assertRefused(again, 422, '10012', {
          pointer: '/queue_name',
          title: 'Duplicate resource',
        })
        assert.equal(dataOf(await stage.get(`/queues/${name}`))['max_size'], 3)
      }),
  },
  {
    name: 'create a queue: 255 characters are a name',
    cites: 'C15',
    covers: ['POST /queues#queue_name'],
    run: async (stage) => {
      const name = stage.unique('long').padEnd(255, 'x')
      const data = dataOf(await stage.post('/queues', { queue_name: name }))
      assert.equal(data['name'], name)
    },
  },
  {
    name: 'create a queue: names are case-sensitive',
    cites: 'C15',
    covers: ['POST /queues#queue_name', 'GET /queues/{queue_name}'],
    run: (stage) =>
      withQueue(stage, {}, async (name) => {
        assertRefused(await stage.get(`/queues/${name.toUpperCase()}`), 404, '10005')
      }),
  },
  ...['zwölf Straße', '日本語', 'a/b', 'a+b', "it's 100%", 'a:b=c@d', '..x'].map((text): Check => ({
    name: `create a queue: '${text}' is a name, found percent-encoded`,
    cites: 'C15',
    covers: ['POST /queues#queue_name', 'GET /queues/{queue_name}'],
    run: async (stage) => {
      const name = stage.unique(text)
      await stage.post('/queues', { queue_name: name })
      const path = `/queues/${encodeURIComponent(name)}`
      assert.equal(dataOf(await stage.get(path))['name'], name)
      assert.equal((await stage.request('DELETE', path)).status, 204)
    },
  })),
  {
    name: 'create a queue: control characters are no name',
    cites: 'C15',
    covers: ['POST /queues#queue_name', 'code 422 10015'],
    run: async (stage) => {
      const answer = await stage.post('/queues', { queue_name: 'a\u0007b' })
      assertRefused(answer, 422, '10015', { pointer: '/queue_name' })
    },
  },
  {
    name: 'create a queue: what no path can say is no name',
    cites: 'C15',
    covers: ['POST /queues#queue_name', 'code 422 10015'],
    run: async (stage) => {
      for (const queue_name of ['.', '..']) {
        const answer = await stage.post('/queues', { queue_name })
        assertRefused(answer, 422, '10015', { pointer: '/queue_name' })
      }
    },
  },
]

const change: readonly Check[] = [
  {
    name: 'retrieve a queue: the object that was created',
    cites: page('Retrieve a call queue'),
    covers: ['GET /queues/{queue_name}'],
    run: (stage) =>
      withQueue(stage, {}, async (name, queue) => {
        assert.deepEqual(dataOf(await stage.get(`/queues/${name}`)), queue)
      }),
  },
  {
    name: 'update a queue: max_size changes, nothing else',
    cites: page('Update a queue'),
    covers: ['POST /queues/{queue_name}', 'POST /queues/{queue_name}#max_size'],
    run: (stage) =>
      withQueue(stage, { max_size: 5 }, async (name, queue) => {
        const updated = dataOf(await stage.post(`/queues/${name}`, { max_size: 6 }))
        const { updated_at, ...rest } = updated
        const { updated_at: before, ...old } = queue
        assert.deepEqual(rest, { ...old, max_size: 6 })
        assert.ok(String(updated_at) >= String(before))
        assert.equal(dataOf(await stage.get(`/queues/${name}`))['max_size'], 6)
      }),
  },
  ...(['GET', 'POST', 'DELETE'] as const).map((method): Check => ({
    name: `${method} of an unknown queue is 404`,
    cites: errorPage('10005'),
    covers: [`${method} /queues/{queue_name}`, 'code 404 10005'],
    run: async (stage) => {
      const answer = await stage.request(method, `/queues/${stage.unique('none')}`, {
        ...(method === 'POST' ? { body: { max_size: 1 } } : {}),
      })
      assertRefused(answer, 404, '10005')
    },
  })),
  ...(['GET', 'PATCH', 'DELETE'] as const).map((method): Check => ({
    name: `${method} of a call that is not in the queue is 404`,
    cites: errorPage('10005'),
    covers: [`${method} /queues/{queue_name}/calls/{call_control_id}`, 'code 404 10005'],
    run: (stage) =>
      withQueue(stage, {}, async (name) => {
        const answer = await stage.request(method, `/queues/${name}/calls/v3:nobody`, {
          ...(method === 'PATCH' ? { body: { keep_after_hangup: true } } : {}),
        })
        assertRefused(answer, 404, '10005')
      }),
  })),
  {
    name: 'list the calls of an unknown queue is 404',
    cites: errorPage('10005'),
    covers: ['GET /queues/{queue_name}/calls', 'code 404 10005'],
    run: async (stage) => {
      assertRefused(await stage.get(`/queues/${stage.unique('none')}/calls`), 404, '10005')
    },
  },
  {
    name: 'list the calls of an empty queue: an empty list',
    cites: page('Retrieve calls from a queue'),
    covers: ['GET /queues/{queue_name}/calls'],
    run: (stage) =>
      withQueue(stage, {}, async (name) => {
        const answer = await stage.get(`/queues/${name}/calls`)
        assert.deepEqual(listOf(answer), [])
        const { total_pages, total_results } = metaOf(answer)
        assert.deepEqual([total_pages, total_results], [0, 0])
      }),
  },
  ...['page[limit]=5', 'page[after]=x', 'page[before]=x'].map((query): Check => ({
    name: `list the calls of a queue: ${query} is accepted`,
    cites: 'C56',
    covers: [`GET /queues/{queue_name}/calls#${query.split('=')[0]}`],
    run: (stage) =>
      withQueue(stage, {}, async (name) => {
        const answer = await stage.get(`/queues/${name}/calls?${query}`)
        listOf(answer)
        if (query.startsWith('page[limit]')) assert.equal(metaOf(answer)['page_size'], 5)
      }),
  })),
  ...['page[size]=0', 'page[size]=251', 'page[limit]=251', 'page[number]=0'].map(
    (query): Check => ({
      name: `list the calls of a queue: ${query} is 10033`,
      cites: 'C70',
      covers: [`GET /queues/{queue_name}/calls#${query.split('=')[0]}`, 'code 422 10033'],
      run: (stage) =>
        withQueue(stage, {}, async (name) => {
          const answer = await stage.get(`/queues/${name}/calls?${query}`)
          assertRefused(answer, 422, '10033', { parameter: query.split('=')[0] ?? '' })
        }),
    }),
  ),
  {
    name: 'delete a queue: 204, no body, no content type, and it is gone',
    cites: page('Delete a queue'),
    covers: ['DELETE /queues/{queue_name}'],
    run: async (stage) => {
      const name = stage.unique('deleted')
      await stage.post('/queues', { queue_name: name })
      const answer = await stage.request('DELETE', `/queues/${name}`)
      assert.deepEqual([answer.status, answer.text], [204, ''])
      assert.equal(answer.headers.get('content-type'), null)
      assertRefused(await stage.get(`/queues/${name}`), 404, '10005')
    },
  },
  {
    name: 'a deleted queue may be made again, with a new id',
    cites: page('Create a queue'),
    covers: ['POST /queues', 'DELETE /queues/{queue_name}'],
    run: async (stage) => {
      const queue_name = stage.unique('again')
      const one = dataOf(await stage.post('/queues', { queue_name }))
      await stage.request('DELETE', `/queues/${queue_name}`)
      const two = dataOf(await stage.post('/queues', { queue_name }))
      assert.notEqual(one['id'], two['id'])
    },
  },
  {
    name: 'list queues: oldest first, every queue on exactly one page',
    cites: 'C34',
    covers: ['GET /queues', 'GET /queues#page[number]', 'GET /queues#page[size]'],
    run: async (stage) => {
      const names = [1, 2, 3].map(() => stage.unique('listed'))
      for (const queue_name of names) await stage.post('/queues', { queue_name })
      const all = listOf(await stage.get('/queues?page[size]=250'))
      const mine = all.map((queue) => String(queue['name'])).filter((one) => names.includes(one))
      assert.deepEqual(mine, names)
      const times = all.map((queue) => String(queue['created_at']))
      assert.deepEqual(times, times.toSorted())
    },
  },
]

const client: readonly Check[] = [
  {
    name: 'official client: queues.create, retrieve, update, list, delete',
    cites: clientPage,
    covers: [
      'POST /queues',
      'GET /queues',
      'GET /queues/{queue_name}',
      'POST /queues/{queue_name}',
      'DELETE /queues/{queue_name}',
    ],
    run: async (stage) => {
      const { queues } = stage.telnyx
      const name = stage.unique('client')
      const made = await queues.create({ queue_name: name, max_size: 4 })
      assert.deepEqual([made.data?.name, made.data?.max_size], [name, 4])
      assert.ok(kinds.uuid(made.data?.id))
      const read = await queues.retrieve(name)
      assert.deepEqual(read.data, made.data)
      assert.equal((await queues.update(name, { max_size: 8 })).data?.max_size, 8)
      const names: string[] = []
      for await (const queue of queues.list({ 'page[size]': 100 })) names.push(queue.name)
      assert.ok(names.includes(name))
      await queues.delete(name)
      await assert.rejects(queues.retrieve(name), Telnyx.NotFoundError)
    },
  },
  {
    name: 'official client: a 422 is an UnprocessableEntityError with the code in its body',
    cites: clientPage,
    covers: ['rule error envelope'],
    run: async (stage) => {
      const promise = stage.telnyx.queues.create({ queue_name: '' })
      await assert.rejects(promise, (error) => {
        assert.ok(error instanceof Telnyx.UnprocessableEntityError)
        assert.match(JSON.stringify(error.error), /"code":"10004"/)
        return true
      })
    },
  },
]

export const queueChecks: readonly Check[] = [...objectChecks, ...create, ...change, ...client]
