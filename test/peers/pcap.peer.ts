// A call's capture is read by an analyser that knows nothing of us: every message of the call, between the right addresses,
// without a word of complaint.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pcapOf } from '../../src/trace/pcap.ts'
import { startStage, type Stage } from '../support/stage.ts'
import { missing } from './sipp.ts'
import { analyse, type AnalysedPacket } from './tshark.ts'

const absent = missing('tshark')

if (absent === undefined) describe('captures', withAnalyser)
else test('captures', { skip: absent }, () => undefined)

function withAnalyser(): void {
  let stage: Stage
  before(async () => {
    stage = await startStage()
  })
  after(() => stage.close())

  async function captureOf(id: string): Promise<readonly AnalysedPacket[]> {
    const url = `${stage.server.baseURL}/calls/${id}/timeline/pcap`
    const headers = { authorization: `Bearer ${stage.server.apiKey}` }
    const response = await stage.recorder.fetch(url, { headers })
    assert.equal(response.status, 200)
    return analyse(new Uint8Array(await response.arrayBuffer()), [stage.server.sip.port])
  }

  for (const transport of ['UDP', 'TCP'] as const) {
    test(`a call between two phones over ${transport}`, async () => {
      const { port } = stage.server.sip
      const server = { transport, address: '127.0.0.1', port }
      const startedSecs = Date.now() / 1000
      const caller = await stage.answered({ server })
      await stage.command(caller.id, 'enqueue', { queue_name: 'support' })
      const agent = await stage.dialAgent({}, { server })
      await stage.command(agent.id, 'bridge', { queue: 'support' })
      await stage.event(agent.id, 'call.bridged')
      caller.call.hangUp()
      await stage.event(agent.id, 'call.hangup')

      const packets = await captureOf(caller.id)
      assert.deepEqual(
        packets.flatMap(({ complaints }) => complaints),
        [],
      )
      assert.ok(
        packets.every(({ said }) => said !== ''),
        'each packet is SIP',
      )
      assert.ok(packets.every((one) => one.transport === transport.toLowerCase()))
      const ours = `127.0.0.1:${port}`
      const callerId = packets.find(({ said }) => said === 'INVITE')?.callId
      const own = once(packets.filter(({ callId }) => callId === callerId))
      const phone = own[0]?.from ?? ''
      const wayOf = ({ from, to, said }: AnalysedPacket) =>
        from === phone && to === ours
          ? `> ${said}`
          : from === ours && to === phone
            ? `< ${said}`
            : '?'
      const story = own.map(wayOf)
      const essential = ['> INVITE', '< 200', '> ACK', '> BYE', '< 200']
      assert.deepEqual(
        story.filter((one) => one !== '< 100' && one !== '< 180'),
        essential,
      )
      const theirs = packets.filter(({ callId }) => callId !== callerId)
      const invite = theirs.find(({ said }) => said === 'INVITE')
      const bye = theirs.find(({ said }) => said === 'BYE')
      assert.ok(invite !== undefined && bye !== undefined, 'the agent’s leg is there, too')
      for (const said of ['INVITE', 'ACK', 'BYE']) {
        const sent = theirs.find((one) => one.said === said)
        assert.deepEqual([sent?.from, sent?.to], [invite.from, invite.to], said)
      }
      const answer = theirs.find(({ said }) => said === '200')
      assert.deepEqual([answer?.from, answer?.to], [invite.to, invite.from])
      for (const { epochSecs } of packets) assert.ok(Math.abs(epochSecs - startedSecs) < 60)
    })
  }

  test('both kinds of addresses, and messages longer than a segment', async () => {
    const places = [
      ['UDP', '10.0.0.1', '192.0.2.7', 64_000],
      ['UDP', '2001:db8::1', '2001:db8::2', 64_000],
      ['TCP', '10.0.0.1', '192.0.2.7', 69_000],
      ['TCP', '2001:db8::1', 'fe80::1%eth0', 69_000],
    ] as const
    for (const [transport, localAddress, remoteAddress, length] of places) {
      const ends = { transport, localAddress, remoteAddress, localPort: 5060, remotePort: 40_000 }
      const capture = pcapOf([
        { atUs: 1_741_079_401_000_123, direction: 'in', ends, bytes: message('MESSAGE', length) },
        { atUs: 1_741_079_401_500_000, direction: 'out', ends, bytes: message('200', 0) },
      ])
      const packets = await analyse(capture, [5060])
      assert.deepEqual(
        packets.flatMap(({ complaints }) => complaints),
        [],
      )
      const said = packets.filter((one) => one.said !== '')
      assert.deepEqual(
        said.map((one) => one.said),
        ['MESSAGE', '200'],
      )
      assert.equal(packets.length, transport === 'UDP' ? 2 : 3)
      assert.equal(packets[0]?.from, `${remoteAddress.replace('%eth0', '')}:40000`)
      assert.equal(packets[0]?.epochSecs, 1_741_079_401.000123)
    }
  })
}

/** Whoever is late with an answer is told again over UDP (RFC 3261 §17.1.1.2, §13.3.1.4): each message counts once. */
function once(packets: readonly AnalysedPacket[]): readonly AnalysedPacket[] {
  const nameOf = ({ from, said, cseq }: AnalysedPacket): string => `${from} ${said} ${cseq}`
  return [...Map.groupBy(packets, nameOf).values()].flatMap(([first]) => first ?? [])
}

function message(what: 'MESSAGE' | '200', length: number): Uint8Array {
  const first = what === '200' ? 'SIP/2.0 200 OK' : 'MESSAGE sip:b@example.com SIP/2.0'
  const lines = [
    ...[first, 'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1', 'From: <sip:a@example.com>;tag=1'],
    ...['To: <sip:b@example.com>;tag=2', 'Call-ID: c1@example.com', 'CSeq: 1 MESSAGE'],
    ...['Max-Forwards: 70', `Content-Length: ${length}`],
    ...(length === 0 ? [] : ['Content-Type: text/plain']),
  ]
  return Buffer.from([...lines, '', 'x'.repeat(length)].join('\r\n'))
}
