// `holdfast init`: a configuration file in which every key stands with its meaning, and the keys of the server, so that
// a receiver can be given its public key before the server runs for the first time.

import type { Command } from 'commander'
import { hostName, webUrl } from '../arguments.ts'
import { keepApiKey } from '../../config/credentials.ts'
import { readTextFile, resolvePath, secretFile } from '../../platform/files.ts'
import { writeUserFile } from '../../platform/user-files.ts'
import { createWebhookSigner } from '../../webhooks/signature.ts'
import { commentedConfig } from '../commented-config.ts'
import type { Context, Run } from '../context.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { readConfig } from '../settings.ts'

interface Options {
  readonly host: string
  readonly webhookUrl?: string
  readonly force?: boolean
}

export function addInit(program: Command, run: Run): void {
  program
    .command('init')
    .description(
      'Write a commented configuration file, an API key and the key of the webhook signature.',
    )
    .argument('[file]', 'the file', 'holdfast.yaml')
    .option('--host <address>', 'address for HTTP, SIP and audio', hostName, '127.0.0.1')
    .option('--webhook-url <url>', 'where the first application gets its webhooks', webUrl)
    .option('--force', 'overwrite the file; keys that exist are kept in any case')
    .action((file: string, options: Options) => run((context) => init(context, file, options)))
}

async function init(context: Context, file: string, options: Options): Promise<undefined> {
  const { line } = context
  const path = resolvePath(line.workingFolder, file)
  const fresh = options.force !== true
  if (fresh && readTextFile(path) !== undefined) throw refusal(path)
  const text = commentedConfig({ host: options.host, webhookUrl: options.webhookUrl ?? '' })
  const written = writeUserFile(path, text, { fresh, mode: 0o600 })
  if (!written.ok) throw new CliError(exitCodes.refused, written.why)
  const { config } = readConfig(line, { ...context.options, config: path })
  const secret = (name: string) => secretFile(resolvePath(config.dataFolder, name))
  const apiKey = secret('api-key')
  keepApiKey(apiKey, line.random)
  const signer = createWebhookSigner(secret('webhook-key'), line.random)
  const key = apiKey.read()?.trim() ?? ''
  const data = {
    file: path,
    data_folder: config.dataFolder,
    api_key: key,
    public_key: signer.publicKey,
  }
  const { paint } = context
  context.print({ data }, () =>
    [
      `${paint.green('✔')} ${path}: every key with its meaning; change what you need`,
      `${paint.green('✔')} ${config.dataFolder}: the keys, readable by this user alone`,
      '',
      `  API key                  ${key}`,
      `  Public key of webhooks   ${signer.publicKey}`,
      '',
      `Next: ${paint.bold('holdfast doctor')} looks whether all is well, ${paint.bold('holdfast start')} starts the server.`,
      '',
    ].join('\n'),
  )
}

function refusal(path: string): CliError {
  const hint = 'Another name can be given (`holdfast init other.yaml`); --force overwrites it.'
  return new CliError(exitCodes.refused, `${path} exists already and is left as it is`, { hint })
}
