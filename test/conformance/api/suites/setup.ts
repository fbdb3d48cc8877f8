// Uploaded audio: from where it may come, how long it stays, how it is listed and given back.
import assert from 'node:assert/strict'
import {
  assertField,
  assertRefused,
  clientPage,
  dataOf,
  errorPage,
  listOf,
  page,
  wantedText,
  type Check,
  type Wanted,
} from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

const one = '/media/{media_name}'

/** Uploads a short tone. */
async function uploaded(stage: ConformanceStage, more: Json = {}): Promise<Json> {
  const media_url = await stage.soundUrl(500, 100)
  const body = { media_url, media_name: stage.unique('sound'), ...more }
  return dataOf(await stage.post('/media', body))
}

const fields: Readonly<Record<string, Wanted>> = {
  media_name: 'text',
  content_type: ['audio/wav'],
  created_at: 'millis',
  updated_at: 'millis',
  expires_at: 'millis',
}

const secondsLeft = (file: Json, since: string): number =>
  (Date.parse(String(file['expires_at'])) - Date.parse(String(file[since]))) / 1000

/** WAV of silence, 8 kHz, 16 bit. */
function wav(samples: number): Blob {
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(36 + samples * 2, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8_000, 24)
  header.writeUInt32LE(16_000, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples * 2, 40)
  return new Blob([header, Buffer.alloc(samples * 2)])
}

const media: readonly Check[] = [
  {
    name: 'media: uploaded by URL, retrieved, played by name, deleted',
    cites: page('Upload media'),
    covers: [
      'POST /media',
      'GET /media/{media_name}',
      'DELETE /media/{media_name}',
      'POST /calls/{call_control_id}/actions/playback_start#media_name',
    ],
    needs: 'calls',
    run: async (stage) => {
      const media_name = stage.unique('sound')
      const media_url = await stage.soundUrl(500, 200)
      const upload = dataOf(await stage.post('/media', { media_url, media_name }))
      assert.equal(upload['media_name'], media_name)
      assertField(upload, 'created_at', 'millis')
      assertField(upload, 'expires_at', 'millis')
      assert.equal(dataOf(await stage.get(`/media/${media_name}`))['media_name'], media_name)
      const { id } = await stage.answered()
      await stage.ok(id, 'playback_start', { media_name })
      const { payload } = await stage.event(id, 'call.playback.ended')
      assert.deepEqual([payload['media_name'], payload['status']], [media_name, 'completed'])
      assert.equal((await stage.request('DELETE', `/media/${media_name}`)).status, 204)
      assertRefused(await stage.get(`/media/${media_name}`), 404, '10005')
    },
  },
  {
    name: 'media: without a source is 10004',
    cites: errorPage('10004'),
    covers: ['POST /media#media_url', 'code 422 10004'],
    run: async (stage) => {
      const answer = await stage.post('/media', { media_name: stage.unique('sound') })
      assertRefused(answer, 422, '10004', { pointer: '/media_url' })
    },
  },
  ...(['GET', 'DELETE'] as const).map((method): Check => ({
    name: `media: ${method} of an unknown file is 404`,
    cites: errorPage('10005'),
    covers: [`${method} /media/{media_name}`, 'code 404 10005'],
    run: async (stage) => {
      const path = `/media/${stage.unique('none')}`
      assertRefused(await stage.request(method, path), 404, '10005')
    },
  })),
]

const files: readonly Check[] = [
  ...Object.entries(fields).map(([field, wanted]): Check => ({
    name: `media: ${field} is ${wantedText(wanted)}`,
    cites: page('Upload media'),
    covers: ['POST /media', `object media#${field}`],
    needs: 'calls',
    run: async (stage) =>
      assertField(await stage.once('media', () => uploaded(stage)), field, wanted),
  })),
  {
    name: 'media: ttl_secs is how long it stays; two days without; PUT changes it',
    cites: 'C128',
    covers: ['POST /media#ttl_secs', `PUT ${one}`, `PUT ${one}#ttl_secs`],
    needs: 'calls',
    run: async (stage) => {
      assert.equal(secondsLeft(await uploaded(stage), 'created_at'), 172_800)
      const short = await uploaded(stage, { ttl_secs: 60 })
      assert.equal(secondsLeft(short, 'created_at'), 60)
      const path = `/media/${String(short['media_name'])}`
      const longer = dataOf(await stage.request('PUT', path, { body: { ttl_secs: 600 } }))
      assert.equal(Math.round(secondsLeft(longer, 'updated_at')), 600)
    },
  },
  {
    name: 'media: a file is gone when its ttl_secs are over',
    cites: 'C128',
    covers: ['POST /media#ttl_secs', `GET ${one}`, 'code 404 10005'],
    needs: 'calls',
    run: async (stage) => {
      const path = `/media/${String((await uploaded(stage, { ttl_secs: 1 }))['media_name'])}`
      for (let left = 50; left > 0; left -= 1) {
        const answer = await stage.get(path)
        if (answer.status === 404) return assertRefused(answer, 404, '10005') && undefined
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      assert.fail('it is still there')
    },
  },
  {
    name: 'media: PUT with another media_url is another content under the same name',
    cites: page('Update stored media'),
    covers: [`PUT ${one}`, `PUT ${one}#media_url`, `GET ${one}/download`],
    needs: 'calls',
    run: async (stage) => {
      const path = `/media/${String((await uploaded(stage))['media_name'])}`
      const before = (await stage.get(`${path}/download`)).text.length
      const media_url = await stage.soundUrl(500, 300)
      dataOf(await stage.request('PUT', path, { body: { media_url } }))
      const after = await stage.get(`${path}/download`)
      assert.equal(after.status, 200)
      assert.match(after.headers.get('content-type') ?? '', /^audio\/wav/)
      assert.ok(after.text.startsWith('RIFF') && after.text.length > before)
    },
  },
  {
    name: 'media: uploaded as a form, given back as it was',
    cites: 'C128',
    covers: ['POST /media', `GET ${one}/download`, 'rule content'],
    run: async (stage) => {
      const form = new FormData()
      const name = stage.unique('form')
      const file = wav(800)
      form.set('media_name', name)
      form.set('ttl_secs', '60')
      form.set('media', file, 'tone.wav')
      const encoded = new Response(form)
      const answer = await stage.request('POST', '/media', {
        raw: new Uint8Array(await encoded.arrayBuffer()),
        contentType: encoded.headers.get('content-type') ?? undefined,
      })
      assert.equal(dataOf(answer)['media_name'], name)
      const back = await stage.bytes(`/media/${name}/download`)
      assert.deepEqual(back, Buffer.from(await file.arrayBuffer()))
      assert.equal((await stage.request('DELETE', `/media/${name}`)).status, 204)
    },
  },
  {
    name: 'media: listed, and found by its content type',
    cites: page('List uploaded media'),
    covers: [
      'GET /media',
      'GET /media#filter[content_type]',
      'GET /media#filter[content_type][]',
      'GET /media#page[size]',
    ],
    needs: 'calls',
    run: async (stage) => {
      const { media_name } = await uploaded(stage)
      const names = async (query: string) =>
        listOf(await stage.get(`/media?page[size]=250${query}`)).map((file) => file['media_name'])
      assert.ok((await names('')).includes(media_name))
      assert.ok((await names('&filter[content_type]=audio/wav')).includes(media_name))
      assert.ok((await names('&filter[content_type][]=audio/mpeg,audio/wav')).includes(media_name))
      assert.ok(!(await names('&filter[content_type]=audio/mpeg')).includes(media_name))
    },
  },
  {
    name: 'media: an uploaded name is replaced, and none is made up when none is given',
    cites: 'C128',
    covers: ['POST /media#media_name', 'POST /media#media_url'],
    needs: 'calls',
    run: async (stage) => {
      const first = await uploaded(stage)
      const again = await uploaded(stage, { media_name: first['media_name'] })
      assert.equal(again['media_name'], first['media_name'])
      const made = await uploaded(stage, { media_name: undefined })
      assertField(made, 'media_name', 'text')
    },
  },
  ...(
    [
      ['that answers 404', '/nothing.wav', 404, '10005', 'Audio file not found'],
      ['where nobody listens', '', 400, '90040', 'Downloading audio file failed'],
      ['of something that is no sound', '/broken.wav', 422, '10015', 'Bad Request'],
    ] as const
  ).map(([what, path, status, code, title]): Check => ({
    name: `media: a media_url ${what} is ${status}, ${code}`,
    cites: `C128; ${errorPage(code)}`,
    covers: ['POST /media#media_url', `code ${status} ${code}`],
    needs: 'calls',
    run: async (stage) => {
      const origin = new URL(await stage.soundUrl(500)).origin
      const media_url = path === '' ? 'http://127.0.0.1:9/x.wav' : `${origin}${path}`
      const answer = await stage.post('/media', { media_url })
      assertRefused(answer, status, code, { pointer: '/media_url', title })
    },
  })),
  {
    name: 'official client: media.upload, retrieve, update, list, download, delete',
    cites: clientPage,
    covers: ['POST /media', `GET ${one}`, `PUT ${one}`, 'GET /media', `DELETE ${one}`],
    needs: 'calls',
    run: async (stage) => {
      const { media } = stage.telnyx
      const media_name = stage.unique('client')
      const media_url = await stage.soundUrl(500, 100)
      assert.equal((await media.upload({ media_url, media_name })).data?.media_name, media_name)
      assert.equal((await media.retrieve(media_name)).data?.content_type, 'audio/wav')
      assert.equal((await media.update(media_name, { ttl_secs: 99 })).data?.media_name, media_name)
      const listed = await media.list({ filter: { content_type: ['audio/wav'] } })
      assert.ok(listed.data?.some((file) => file.media_name === media_name))
      assert.equal((await media.download(media_name)).status, 200)
      await media.delete(media_name)
      assertRefused(await stage.get(`/media/${media_name}`), 404, '10005')
    },
  },
]

export const setupChecks: readonly Check[] = [...media, ...files]
