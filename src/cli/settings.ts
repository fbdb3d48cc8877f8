// Which server a command talks to: what is given with the command, else the environment, else the configuration file of
// a server on this machine. The file's keys are read as they stand there; the server itself keeps only their hashes.

import { parseDocument } from 'yaml'
import { ConfigError, loadConfig } from '../config/load.ts'
import type { LoadedConfig } from '../config/load.ts'
import { addressMatcher } from '../platform/address-matcher.ts'
import type { CommandLine } from '../platform/command-line.ts'
import { folderOf, readTextFile, resolvePath } from '../platform/files.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { isRecord, recordsIn, textIn } from './json.ts'

/** Options that every command has. */
export interface GlobalOptions {
  readonly url?: string
  readonly key?: string
  readonly config?: string
  readonly json?: boolean
  readonly color: boolean
}

export interface Settings {
  /** Without `/v2` and without a slash at the end. */
  readonly origin: string
  /** '' when none was found. */
  readonly key: string
}

/** Reads the configuration as the server would. */
export function readConfig(line: CommandLine, options: GlobalOptions): LoadedConfig {
  const env =
    options.config === undefined ? line.env : { ...line.env, HOLDFAST_CONFIG: options.config }
  try {
    return loadConfig({
      env,
      workingFolder: line.workingFolder,
      readText: readTextFile,
      resolvePath,
      folderOf,
      isAddressRange,
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const hint = 'All keys and their ranges: docs/reference/configuration.md'
    throw new CliError(exitCodes.usage, error.message, { hint })
  }
}

/** The first address and key that are found. */
export function findSettings(line: CommandLine, options: GlobalOptions): Settings {
  const givenUrl = options.url ?? line.env['HOLDFAST_URL'] ?? ''
  const givenKey = options.key ?? line.env['HOLDFAST_API_KEY'] ?? ''
  if (givenUrl !== '' && givenKey !== '') return { origin: originOf(givenUrl), key: givenKey }
  // A key of this machine's server is not sent to another one.
  if (givenUrl !== '' && options.config === undefined)
    return { origin: originOf(givenUrl), key: givenKey }
  const loaded = readConfig(line, options)
  const { http } = loaded.config
  const own =
    http.public_url === '' ? `http://${reachable(http.host)}:${http.port}` : http.public_url
  return {
    origin: originOf(givenUrl === '' ? own : givenUrl),
    key: givenKey === '' ? configuredKey(loaded) : givenKey,
  }
}

/** Where a server that listens on `host` is reached from this machine. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function originOf(text: string): string {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const hint = 'It looks like http://127.0.0.1:8080'
    throw new CliError(exitCodes.usage, `"${text}" is not the URL of a server`, { hint })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/v2$/, '')
}

/** The key with which the server of this configuration lets us in; '' when it keeps none in the clear. */
export function configuredKey({ file, config }: LoadedConfig): string {
  const yaml = file === undefined ? undefined : readTextFile(file)
  const tree: unknown = yaml === undefined ? {} : parseDocument(yaml).toJS()
  const configured = recordsIn(isRecord(tree) ? tree : {}, 'api_keys').map((one) =>
    textIn(one, 'key'),
  )
  const key = configured.find((one) => one !== '')
  return key ?? readTextFile(resolvePath(config.dataFolder, 'api-key'))?.trim() ?? ''
}

function isAddressRange(text: string): boolean {
  try {
    addressMatcher([text])
    return true
  } catch {
    return false
  }
}
