// Events brought to a program on this machine, in the form and with the signature of webhooks. The server's own signing
// key never leaves the server, so they are signed with a key of this user's, kept so that the receiver needs it only once.

import type { CommandLine } from '../platform/command-line.ts'
import { folderOf, resolvePath, secretFile } from '../platform/files.ts'
import { createWebhookSigner } from '../webhooks/signature.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import type { Json } from './json.ts'

/** Receivers have so long for their answer. */
const answerMs = 10_000

export interface Forwarder {
  readonly url: string
  /** Base64 of 32 bytes: what the official SDKs take as public key. */
  readonly publicKey: string
  send(
    event: Json,
  ): Promise<{ readonly ok: boolean; readonly status: number; readonly words: string }>
}

/** `keyFile`: undefined is `holdfast/forwarding-key` in the user's configuration folder. */
export function createForwarder(
  line: CommandLine,
  url: string,
  keyFile: string | undefined,
): Forwarder {
  const path = resolvePath(line.workingFolder, keyFile ?? usualKeyFile(line))
  const signer = signerOf(line, path)
  return {
    url,
    publicKey: signer.publicKey,
    async send(event) {
      // The cursor belongs to the list of events, not to the webhook.
      const { cursor: _cursor, ...data } = event
      const body = JSON.stringify({ data, meta: { attempt: 1, delivered_to: url } })
      const signed = await signer.headers(body, line.clock.wallMs())
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'telnyx-webhooks',
        ...signed,
      }
      const startMs = line.clock.monotonicMs()
      const outcome = await line.web({ method: 'POST', url, headers, body, timeoutMs: answerMs })
      const tookMs = Math.round(line.clock.monotonicMs() - startMs)
      if (outcome.kind === 'failed') return { ok: false, status: 0, words: outcome.why }
      const { status } = outcome
      return { ok: status >= 200 && status < 300, status, words: `${status} in ${tookMs} ms` }
    },
  }
}

function usualKeyFile({ env }: CommandLine): string {
  const folder = env['XDG_CONFIG_HOME'] || resolvePath(env['HOME'] ?? '.', '.config')
  return resolvePath(folder, 'holdfast/forwarding-key')
}

function signerOf(line: CommandLine, path: string): ReturnType<typeof createWebhookSigner> {
  try {
    return createWebhookSigner(secretFile(path), line.random)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const hint = `--signing-key names another file than the one in ${folderOf(path)}.`
    throw new CliError(exitCodes.usage, `the signing key ${path} cannot be used: ${why}`, { hint })
  }
}
