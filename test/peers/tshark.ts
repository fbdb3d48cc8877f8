// Debian's tshark (the packet analyser Wireshark without windows): what it finds in a capture.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** One packet as the analyser shows it; '' is what a packet does not have. */
export interface AnalysedPacket {
  readonly epochSecs: number
  /** `address:port` */
  readonly from: string
  readonly to: string
  readonly transport: 'udp' | 'tcp'
  /** Method, or status code. */
  readonly said: string
  readonly callId: string
  /** `1 INVITE` */
  readonly cseq: string
  /** What it complains about. */
  readonly complaints: readonly string[]
}

const fields = [
  ...['frame.time_epoch', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'],
  ...['udp.srcport', 'udp.dstport', 'tcp.srcport', 'tcp.dstport'],
  ...[
    'sip.Method',
    'sip.Status-Code',
    'sip.Call-ID',
    'sip.CSeq',
    '_ws.malformed',
    '_ws.expert.message',
  ],
] as const
type Field = (typeof fields)[number]

/** `ports`: those of SIP; without them the analyser looks for it at 5060 alone. */
export async function analyse(
  capture: Uint8Array,
  ports: readonly number[],
): Promise<readonly AnalysedPacket[]> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-capture-'))
  try {
    const file = join(folder, 'call.pcap')
    await writeFile(file, capture)
    const checksums = ['ip', 'udp', 'tcp'].flatMap((one) => ['-o', `${one}.check_checksum:TRUE`])
    const known = ports.flatMap((port) => [
      ...['-d', `udp.port==${port},sip`],
      ...['-d', `tcp.port==${port},sip`],
    ])
    const shown = ['-T', 'fields', '-E', 'separator=/t', ...fields.flatMap((one) => ['-e', one])]
    const { stdout } = await run('tshark', ['-n', '-r', file, ...checksums, ...known, ...shown])
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map(packetOf)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function packetOf(line: string): AnalysedPacket {
  const values = line.split('\t')
  const value = (name: Field): string => values[fields.indexOf(name)] ?? ''
  const transport = value('udp.srcport') === '' ? 'tcp' : 'udp'
  return {
    epochSecs: Number(value('frame.time_epoch')),
    from: `${value('ip.src') || value('ipv6.src')}:${value(`${transport}.srcport`)}`,
    to: `${value('ip.dst') || value('ipv6.dst')}:${value(`${transport}.dstport`)}`,
    transport,
    said: value('sip.Method') || value('sip.Status-Code'),
    callId: value('sip.Call-ID'),
    cseq: value('sip.CSeq'),
    complaints: [value('_ws.malformed'), value('_ws.expert.message')].filter((one) => one !== ''),
  }
}
