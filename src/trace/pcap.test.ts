import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCapture } from '../../test/support/read-capture.ts'
import { addressBytes, pcapOf } from './pcap.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const udp = {
  transport: 'UDP',
  localAddress: '10.0.0.1',
  localPort: 5060,
  remoteAddress: '192.0.2.77',
  remotePort: 40_000,
} as const

test('datagrams stand with their addresses, ports and times, the right way round', () => {
  const packets = readCapture(
    pcapOf([
      { atUs: 1_741_079_401_000_123, direction: 'in', ends: udp, bytes: bytes('INVITE ü') },
      { atUs: 1_741_079_401_500_000, direction: 'out', ends: udp, bytes: bytes('SIP/2.0 200 OK!') },
    ]),
  )
  assert.deepEqual(
    packets.map(({ atUs, from, to, payload }) => ({ atUs, from, to, payload })),
    [
      {
        ...{ atUs: 1_741_079_401_000_123, payload: 'INVITE ü' },
        ...{ from: '192.0.2.77:40000', to: '10.0.0.1:5060' },
      },
      {
        ...{ atUs: 1_741_079_401_500_000, payload: 'SIP/2.0 200 OK!' },
        ...{ from: '10.0.0.1:5060', to: '192.0.2.77:40000' },
      },
    ],
  )
})

test('a stream is cut into segments whose numbers run on in each direction', () => {
  const ends = {
    ...udp,
    transport: 'TCP',
    localAddress: '2001:db8::1',
    remoteAddress: '::1',
  } as const
  const packets = readCapture(
    pcapOf([
      { atUs: 1, direction: 'in', ends, bytes: bytes('x'.repeat(65_000)) },
      { atUs: 2, direction: 'out', ends, bytes: bytes('ab') },
      { atUs: 3, direction: 'in', ends, bytes: bytes('c') },
    ]),
  )
  assert.deepEqual(
    packets.map(({ sequence, payload }) => [sequence, payload.length]),
    [
      [1, 60_000],
      [60_001, 5000],
      [1, 2],
      [65_001, 1],
    ],
  )
  assert.equal(packets[0]?.to, '2001:db8:0:0:0:0:0:1:5060')
})

test('a datagram stays one, as long as any can be', () => {
  const longest = 65_507
  const [packet, ...more] = readCapture(
    pcapOf([{ atUs: 1, direction: 'in', ends: udp, bytes: bytes('x'.repeat(longest)) }]),
  )
  assert.equal(packet?.payload.length, longest)
  assert.deepEqual(more, [])
})

test('what opens a connection has the port that the connection got', () => {
  const opening = { ...udp, transport: 'TCP', localAddress: '0.0.0.0', localPort: 0 } as const
  const open = { ...opening, localAddress: '10.0.0.1', localPort: 33_000 }
  const other = { ...open, remotePort: 5061, localPort: 33_001 }
  const packets = readCapture(
    pcapOf([
      { atUs: 1, direction: 'out', ends: opening, bytes: bytes('INVITE') },
      { atUs: 2, direction: 'in', ends: other, bytes: bytes('x') },
      { atUs: 3, direction: 'in', ends: open, bytes: bytes('200') },
    ]),
  )
  assert.deepEqual(
    packets.map(({ from }) => from),
    ['10.0.0.1:33000', '192.0.2.77:5061', '192.0.2.77:40000'],
  )
})

test('a socket on all addresses is shown with the one that is ours', () => {
  const from = (localAddress: string, remoteAddress: string, own?: string) => {
    const ends = { ...udp, localAddress, remoteAddress }
    const capture = pcapOf([{ atUs: 1, direction: 'out', ends, bytes: bytes('x') }], own)
    return readCapture(capture)[0]?.from
  }
  assert.equal(from('0.0.0.0', '192.0.2.77', '198.51.100.4'), '198.51.100.4:5060')
  assert.equal(from('0.0.0.0', '192.0.2.77', 'pbx.example'), '0.0.0.0:5060')
  assert.equal(from('0.0.0.0', '127.0.0.9'), '127.0.0.1:5060')
  assert.equal(from('::', '::1'), '0:0:0:0:0:0:0:1:5060')
  assert.equal(from('10.0.0.1', '192.0.2.77', '198.51.100.4'), '10.0.0.1:5060')
})

test('addresses of every form', () => {
  assert.deepEqual([...addressBytes('127.0.0.1')], [127, 0, 0, 1])
  assert.deepEqual([...addressBytes('::ffff:10.1.2.3')], [10, 1, 2, 3])
  assert.deepEqual([...addressBytes('[fe80::1%eth0]')].slice(0, 2), [0xfe, 0x80])
  assert.equal(addressBytes('::1').length, 16)
  assert.deepEqual([...addressBytes('nowhere')], [0, 0, 0, 0])
})
