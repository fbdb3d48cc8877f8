// Whom the server talks to: receivers of webhooks by a GET, which changes nothing, through the same rules about
// addresses as the server's own requests; trunks by OPTIONS (RFC 3261 §11), which every SIP server answers.

import type { Config } from '../../config/shape.ts'
import { addressMatcher } from '../../platform/address-matcher.ts'
import type { CommandLine } from '../../platform/command-line.ts'
import { createHttpClient } from '../../platform/http-client.ts'
import { askByDatagram, canConnect } from '../../platform/probes.ts'
import { createResolver } from '../../platform/resolver.ts'
import type { HttpOutcome } from '../../ports/http-client.ts'
import type { Random } from '../../ports/random.ts'
import { parseSipUri } from '../../sip/message/uri.ts'
import { broken, doubtful, well } from './finding.ts'
import type { Finding } from './finding.ts'

const waitMs = 4000

export interface PeerFindings {
  readonly findings: readonly Finding[]
  /** What their `Date` headers said. */
  readonly clocks: readonly {
    readonly host: string
    readonly saidMs: number
    readonly atMs: number
  }[]
}

export async function webhookFindings(config: Config, line: CommandLine): Promise<PeerFindings> {
  const client = createHttpClient({
    resolver: createResolver(),
    allow: addressMatcher(config.egress.allow),
  })
  const clocks: { host: string; saidMs: number; atMs: number }[] = []
  // All at once: each may take its whole time.
  const asked = config.applications.map(async ({ name, webhookEventUrl: url }) => {
    const about = `webhooks of ${name}`
    if (url === '') {
      return doubtful(
        about,
        'no URL: events are kept, nobody is told',
        'Set webhook_event_url of the application, or read `holdfast events --follow`.',
      )
    }
    const outcome = await client.request({
      ...{ method: 'GET' as const, url, timeoutMs: waitMs },
      ...{ bodyBytesMax: 1024, truncateBody: true },
    })
    const date = outcome.kind === 'answer' ? dateOf(outcome.headers) : undefined
    if (date !== undefined)
      clocks.push({ host: new URL(url).host, saidMs: date, atMs: line.clock.wallMs() })
    return webhookFinding(about, url, outcome)
  })
  const findings = await Promise.all(asked)
  client.close()
  return { findings, clocks }
}

function dateOf(headers: readonly (readonly [string, string])[]): number | undefined {
  const text = headers.find(([name]) => name.toLowerCase() === 'date')?.[1]
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

function webhookFinding(about: string, url: string, outcome: HttpOutcome): Finding {
  if (outcome.kind === 'answer') {
    return outcome.status >= 500
      ? doubtful(
          about,
          `${url} answers a GET with ${outcome.status}`,
          'Look into the log of the receiver.',
        )
      : well(about, `${url} answers`)
  }
  const { why, detail } = outcome
  switch (why) {
    case 'forbidden-address':
      return broken(
        about,
        `${url} may not be reached: ${detail}`,
        'Add its network to egress.allow.',
      )
    case 'name-resolution':
      return broken(
        about,
        `the name in ${url} is not known`,
        'Check the URL and the name servers of this machine.',
      )
    case 'connect':
      return broken(
        about,
        `nobody answers at ${url} (${detail})`,
        'Start the receiver, or check address, port and firewall.',
      )
    case 'timeout':
      return broken(
        about,
        `no answer from ${url} within ${waitMs / 1000} s`,
        'A firewall may drop the packets; or the receiver hangs.',
      )
    case 'certificate':
    case 'certificate-expired':
    case 'certificate-name':
    case 'certificate-untrusted':
      return broken(
        about,
        `the certificate of ${url} is not accepted (${detail})`,
        'Renew it, or trust its authority with NODE_EXTRA_CA_CERTS.',
      )
    case 'bad-url':
    case 'too-large':
    case 'broken-answer':
      return broken(
        about,
        `${url} does not answer as a web server does (${detail})`,
        'Check the URL.',
      )
  }
}

export async function trunkFindings(
  { trunks, sip }: Config,
  random: Random,
): Promise<readonly Finding[]> {
  const asked = trunks.map(async ({ name, uri }): Promise<Finding> => {
    const about = `trunk ${name}`
    const target = parseSipUri(uri)
    const host = target?.host ?? ''
    const [address] = target === undefined ? [] : await createResolver().resolve(host)
    if (target === undefined || address === undefined) {
      return broken(
        about,
        `the name in ${uri} is not known`,
        'Check the URI and the name servers of this machine.',
      )
    }
    const port = target.port ?? 5060
    const isTcp = target.parameters.get('transport')?.toLowerCase() === 'tcp'
    const answer = isTcp
      ? (await canConnect(address, port, waitMs))
        ? 'SIP/2.0 200 a connection can be made'
        : undefined
      : await askByDatagram(
          address,
          port,
          (own) => optionsRequest(uri, sip.domain, own, random),
          waitMs,
        )
    return trunkFinding(about, uri, answer)
  })
  return Promise.all(asked)
}

function trunkFinding(about: string, uri: string, answer: string | undefined): Finding {
  const status = /^SIP\/2\.0 (\d{3}[^\r\n]*)/.exec(answer ?? '')?.[1]
  if (answer === undefined) {
    const mend =
      'Check address and port, the firewall, and whether the carrier knows the address of this machine.'
    return broken(about, `no answer from ${uri} within ${waitMs / 1000} s`, mend)
  }
  if (status === undefined)
    return broken(about, `what answers at ${uri} does not speak SIP`, 'Check address and port.')
  // RFC 3261 §21.5 and §21.6, and 403: it is there, but calls would not go through.
  return /^(403|[56])/.test(status)
    ? doubtful(
        about,
        `${uri} refuses: ${status}`,
        'Calls may be refused, too: ask the carrier, or look whether it knows the address of this machine.',
      )
    : well(about, `${uri} answers: ${status}`)
}

function optionsRequest(uri: string, domain: string, ownPort: number, random: Random): string {
  return [
    `OPTIONS ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 0.0.0.0:${ownPort};branch=z9hG4bK${random.token(16)};rport`,
    'Max-Forwards: 70',
    `From: <sip:doctor@${domain}>;tag=${random.token(10)}`,
    `To: <${uri}>`,
    `Call-ID: ${random.token(24)}`,
    'CSeq: 1 OPTIONS',
    'Accept: application/sdp',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}
