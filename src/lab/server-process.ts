// The real server as a process of its own, on free ports with throw-away data unless told otherwise: for end-to-end
// tests, the demo and the benches, which must meet what a user would start.
import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface RunningServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string
  readonly baseURL: string
  readonly sip: { readonly host: string; readonly port: number }
  readonly apiKey: string
  readonly dataDirectory: string
  readonly child: ChildProcess
  /** Everything the server wrote to its log so far. */
  log(): string
  /** GET of a path, JSON decoded. */
  get(path: string): Promise<{ status: number; body: unknown }>
  post(path: string, body?: unknown): Promise<{ status: number; body: unknown }>
  publicKey(): Promise<string>
  /** SIGTERM, then waits; the data directory goes away unless `keepData`. */
  stop(options?: { readonly keepData?: boolean }): Promise<number | null>
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>
  /** A new process on the same configuration and data, after `kill` or `stop` with `keepData`; of another program perhaps. */
  again(program?: ServerProgram): Promise<RunningServer>
}

/** What is started; the server itself unless told otherwise. */
export interface ServerProgram {
  /** File below the project's folder. */
  readonly main: string
  /** A command that starts its arguments as a program, in the same process in the end: `unshare`, `sh -c 'exec …'`. */
  readonly within?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A lab's server (`lab.enabled`) ends when this process is gone, however it ended. */
  readonly endsWithUs?: boolean
}

export interface ServerOptions {
  /** Merged over the defaults of this file, top-level section by section; becomes the YAML (JSON is YAML) file. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly dataDirectory?: string
  readonly program?: ServerProgram
}

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The server's own program: as source in the repository, compiled in the package. */
export const serverMain = import.meta.url.endsWith('.ts') ? 'src/main.ts' : 'dist/main.js'
const apiKey = 'KEYlab'

/** Resolves when the server printed its ready line; rejects with its log when it ended or took over 15 s. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'holdfast-')))
  const configFile = join(dataDirectory, 'holdfast.yaml')
  const config = mergedConfig(dataDirectory, options.config ?? {})
  rememberSecrets(config)
  await writeFile(configFile, JSON.stringify(config))
  try {
    return await launch(dataDirectory, configFile, options.program)
  } catch (error) {
    if (options.dataDirectory === undefined)
      await rm(dataDirectory, { recursive: true, force: true })
    throw error
  }
}

/**
 * Folder where a whole test run gathers what its servers write, at debug level, and which secrets they were given: its last
 * step looks for the one in the other. Unset: nothing is gathered.
 */
const gatherIn = process.env['SERVER_LOGS_FOLDER']
const secretKeys = new Set(['key', 'key_sha256', 'password', 'ha1_md5', 'ha1_sha256'])

/** From now on what the child writes to its log is gathered. */
export function gatherLog(child: ChildProcess): void {
  if (gatherIn === undefined) return
  const file = join(gatherIn, `${child.pid}.log`)
  child.stderr?.on('data', (bytes: Buffer) => appendFileSync(file, bytes))
}

function rememberSecrets(config: unknown): void {
  if (gatherIn === undefined) return
  const secrets: string[] = []
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      if (secretKeys.has(name) && typeof inner === 'string') secrets.push(inner)
      else look(inner)
    }
  }
  look(config)
  appendFileSync(join(gatherIn, `${process.pid}.secrets`), `${secrets.join('\n')}\n`)
}

// A test that fails half-way must not leave its server behind.
const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Without what is meant for another server of this machine: its data folder, keys and ports. */
function foreignEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')),
  )
}

async function launch(
  dataDirectory: string,
  configFile: string,
  { main, within = [], env = {}, endsWithUs = false }: ServerProgram = { main: serverMain },
): Promise<RunningServer> {
  const [command = '', ...args] = [...within, process.execPath, main]
  const child = spawn(command, args, {
    cwd: root,
    env: { ...foreignEnv(), HOLDFAST_CONFIG: configFile, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(endsWithUs ? (['ipc'] as const) : [])],
  })
  // It is there to be cut; nobody waits for words on it.
  child.channel?.unref()
  living.add(child)
  child.once('exit', () => living.delete(child))
  let log = ''
  child.stderr?.on('data', (bytes: Buffer) => (log += bytes.toString()))
  gatherLog(child)
  // Its last words have been read, too.
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => resolve(code)),
  )
  const ready = await new Promise<{ http: string; sip: string }>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the server did not get ready\n${log}`))
    }, 60_000)
    const gone = (why: string): void => {
      clearTimeout(late)
      reject(new Error(`${why}\n${log}`))
    }
    child.once('error', (error) => gone(`the server could not be started: ${error.message}`))
    void ended.then((code) => gone(`the server ended with ${code}`))
    let out = ''
    child.stdout?.on('data', (bytes: Buffer) => {
      out += bytes.toString()
      log += bytes.toString()
      const line = /holdfast ready http=(\S+) sip=(\S+)/.exec(out)
      if (line === null) return
      clearTimeout(late)
      resolve({ http: line[1] ?? '', sip: line[2] ?? '' })
    })
  })
  const origin = ready.http.replace(/\/$/, '')
  const [host = '127.0.0.1', port = '0'] = ready.sip.split(':')
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
  }
  return {
    origin,
    baseURL: `${origin}/v2`,
    sip: { host, port: Number(port) },
    apiKey,
    dataDirectory,
    child,
    log: () => log,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body ?? {}),
    publicKey: async () => {
      const { body } = await call('GET', '/v2/public_key')
      return (body as { data: { public: string } }).data.public
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    again: (program) => launch(dataDirectory, configFile, program),
    stop: async ({ keepData = false } = {}) => {
      child.kill('SIGTERM')
      const code = await ended
      if (!keepData) await rm(dataDirectory, { recursive: true, force: true })
      return code
    },
  }
}

function mergedConfig(
  data: string,
  extra: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const base: Record<string, unknown> = {
    http: { host: '127.0.0.1', port: 0 },
    sip: { host: '127.0.0.1', port: 0, domain: 'localhost' },
    media: { host: '127.0.0.1' },
    data,
    api_keys: [{ name: 'lab', key: apiKey }],
    sip_users: [],
    trunks: [],
  }
  for (const [section, value] of Object.entries(extra)) {
    const old = base[section]
    const mergeable = isRecord(old) && isRecord(value)
    base[section] = mergeable ? { ...old, ...value } : value
  }
  if (gatherIn !== undefined) base['log'] = { level: 'debug' }
  return base
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
