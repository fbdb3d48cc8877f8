// Hostile URLs against the one way out. No socket may be opened for any of them: the rule refuses the URL, or the look-up does.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createHttpClient } from './http-client.ts'

/** Answers of the test's own name server; a list of lists is answered one after the other. */
const names: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'private.example': [['192.168.1.1']],
  'loopback.example': [['127.0.0.1']],
  'metadata.example': [['169.254.169.254']],
  'mapped.example': [['::ffff:10.0.0.1']],
  'v6-private.example': [['fd00::1']],
  'many.example': [['93.184.216.34', '1.1.1.1', '8.8.8.8', '9.9.9.9', '10.0.0.7']],
  'mixed-families.example': [['2606:4700::1111', 'fe80::1']],
  'rebinding.example': [['10.9.9.9'], ['93.184.216.34']],
  localhost: [['127.0.0.1', '::1']],
  'localhost.': [['127.0.0.1']],
  'sub.localhost': [['127.0.0.1']],
  '127.0.0.1.nip.example': [['127.0.0.1']],
  'garbage.example': [['not an address']],
  'nowhere.example': [[]],
}

const hostile: readonly string[] = [
  // Private, shared, link-local, loopback, reserved, multicast.
  ...['http://127.0.0.1/', 'http://127.255.255.254/', 'http://10.0.0.1/', 'http://10.255.255.255/'],
  ...['http://172.16.0.1/', 'http://172.31.255.255/', 'http://192.168.0.1/', 'http://100.64.0.1/'],
  ...[
    'http://169.254.0.1/',
    'http://0.0.0.0/',
    'http://0.1.2.3/',
    'http://192.0.0.170/',
    'http://192.0.2.1/',
  ],
  ...['http://198.18.0.1/', 'http://198.51.100.1/', 'http://203.0.113.1/', 'http://224.0.0.1/'],
  ...[
    'http://239.255.255.250/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://192.88.99.1/',
  ],
  // Metadata of cloud machines.
  ...[
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://metadata.example/',
  ],
  // Odd notations of the same.
  ...['http://0177.0.0.1/', 'http://0x7f.0.0.1/', 'http://0x7f000001/', 'http://017700000001/'],
  ...['http://2130706433/', 'http://127.1/', 'http://127.0.1/', 'http://0/', 'http://10.1/'],
  ...['http://127.0.0.1./', 'http://0xA9FEA9FE/', 'http://3232235777/', 'http://0300.0250.1/'],
  ...[
    'http://①②⑦.⓪.⓪.①/',
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://%31%32%37.0.0.1/',
  ],
  ...[
    'http:\\\\127.0.0.1\\',
    'http:127.0.0.1',
    'http:///127.0.0.1/',
    'hTTp://127.0.0.1/',
    ' http://127.0.0.1/',
  ],
  ...[
    'http://127.0.0.1:80/',
    'http://12\t7.0.0.1/',
    'http://256.256.256.256/',
    'http://1.2.3.4.5/',
  ],
  // IPv6: itself, IPv4 inside it, tunnels, translations, and space that was never given to anybody.
  ...[
    'http://[::1]/',
    'http://[::]/',
    'http://[fe80::1]/',
    'http://[fe80::1%25eth0]/',
    'http://[fd00::1]/',
  ],
  ...[
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a00:1]/',
  ],
  ...[
    'http://[::ffff:0:10.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::a00:1]/',
  ],
  ...[
    'http://[2002:7f00:1::]/',
    'http://[2002:a00:1::1]/',
    'http://[2001:0:4136:e378::1]/',
    'http://[2001:db8::1]/',
  ],
  ...[
    'http://[3fff::1]/',
    'http://[100::1]/',
    'http://[5f00::1]/',
    'http://[4000::1]/',
    'http://[::a]/',
  ],
  // Names.
  ...[
    'http://private.example/',
    'http://loopback.example/',
    'http://mapped.example/',
    'http://v6-private.example/',
  ],
  ...[
    'http://many.example/',
    'http://mixed-families.example/',
    'http://rebinding.example/',
    'http://localhost/',
  ],
  ...[
    'http://localhost./',
    'http://LOCALHOST/',
    'http://sub.localhost/',
    'http://127.0.0.1.nip.example/',
  ],
  ...['http://garbage.example/', 'http://nowhere.example/', 'http://unknown.example/'],
  // Who is who.
  ...[
    'http://user:pass@private.example/',
    'http://93.184.216.34@127.0.0.1/',
    'http://127.0.0.1#@public.example/',
  ],
  ...['http://user@93.184.216.34/', 'http://:x@93.184.216.34/'],
  // Not the web.
  ...[
    'file:///etc/passwd',
    'ftp://93.184.216.34/',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'data:audio/wav;base64,AA==',
  ],
  ...[
    'javascript:alert(1)',
    'unix:/run/docker.sock',
    'http+unix://%2frun%2fdocker.sock/',
    'ws://127.0.0.1/',
    '//127.0.0.1/',
  ],
  ...[
    '',
    'http://',
    'http://[',
    'http://[::1',
    'http://a b/',
    `http://127.0.0.1/${'a'.repeat(70_000)}`,
  ],
]

function client() {
  const asked = new Map<string, number>()
  const http = createHttpClient({
    resolver: {
      resolve: (host) => {
        const time = asked.get(host) ?? 0
        asked.set(host, time + 1)
        const answers = names[host] ?? [[]]
        return Promise.resolve(answers[Math.min(time, answers.length - 1)] ?? [])
      },
    },
    allow: () => false,
  })
  return { http, asked }
}

test(`${hostile.length} hostile URLs: none passes`, async (t) => {
  const { http } = client()
  t.after(() => http.close())
  assert.ok(hostile.length >= 60)
  for (const url of hostile) {
    const outcome = await http.request({ method: 'GET', url, timeoutMs: 1000, bodyBytesMax: 100 })
    assert.ok(outcome.kind === 'failed', url)
    const refusals = ['bad-url', 'forbidden-address', 'name-resolution']
    assert.ok(
      refusals.includes(outcome.why),
      `${url.slice(0, 80)}: ${outcome.why} ${outcome.detail}`,
    )
  }
})

test('public addresses of both families are let through', (t) => {
  const { http } = client()
  t.after(() => http.close())
  for (const url of [
    'https://93.184.216.34/',
    'http://[2606:4700::1111]:8080/',
    'https://hooks.example/a',
  ])
    assert.equal(http.checkUrl(url), undefined, url)
})

test('rebinding: one look-up decides and is connected to, a later answer changes nothing', async (t) => {
  let hits = 0
  const server = createServer((_request, response) => {
    hits++
    response.end('private')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  let lookUps = 0
  const http = createHttpClient({
    // First allowed (a loopback address without a server), then the one that must not be reached.
    resolver: { resolve: () => Promise.resolve([lookUps++ === 0 ? '127.0.0.77' : '127.0.0.1']) },
    allow: (address) => address === '127.0.0.77',
  })
  t.after(() => http.close())
  const url = `http://rebinding.example:${port}/`
  const first = await http.request({ method: 'GET', url, timeoutMs: 2000, bodyBytesMax: 100 })
  assert.equal(first.kind === 'failed' && first.why, 'connect')
  assert.equal(lookUps, 1)
  const second = await http.request({ method: 'GET', url, timeoutMs: 2000, bodyBytesMax: 100 })
  assert.equal(second.kind === 'failed' && second.why, 'forbidden-address')
  assert.equal(hits, 0)
})

test('redirects are answers, bombs stay packed, endless and slow bodies are cut', async (t) => {
  const server = createServer((request, response) => {
    const { url } = request
    if (url === '/redirect') response.writeHead(302, { location: 'http://127.0.0.1/secret' }).end()
    else if (url === '/bomb') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)))
    } else if (url === '/endless') {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', more)
      }
      more()
    } else {
      const dripping = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(dripping))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const http = createHttpClient({
    resolver: { resolve: () => Promise.resolve([]) },
    allow: (address) => address === '127.0.0.1',
  })
  t.after(() => http.close())
  const get = (path: string, timeoutMs: number) =>
    http.request({
      method: 'GET',
      url: `http://127.0.0.1:${port}${path}`,
      timeoutMs,
      bodyBytesMax: 100_000,
    })
  const redirect = await get('/redirect', 5000)
  assert.equal(redirect.kind === 'answer' && redirect.status, 302)
  const bomb = await get('/bomb', 5000)
  assert.ok(bomb.kind === 'answer' && bomb.body.length < 100_000, 'bytes as they came')
  const endless = await get('/endless', 5000)
  assert.equal(endless.kind === 'failed' && endless.why, 'too-large')
  const slow = await get('/slow', 200)
  assert.equal(slow.kind === 'failed' && slow.why, 'timeout')
})
