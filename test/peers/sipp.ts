// SIPp as a peer: runs one scenario of test/peers/scenarios to its end in a folder of its own and says what it thought
// of the server. SIPp ends with 0 only when every call went by the scenario; whatever it did not expect it writes down.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeAlaw, encodeUlaw } from '../../src/media/audio/g711.ts'
import { sine } from '../../src/media/audio/goertzel.ts'
import { until } from '../support/until.ts'

export interface SippOptions {
  /** Name of a file of test/peers/scenarios, without its ending. */
  readonly scenario: string
  /** Where a caller calls; left out, SIPp waits for calls. */
  readonly server?: { readonly host: string; readonly port: number }
  /** User part of the request URI: the number dialled. */
  readonly service?: string
  /** Own user name. */
  readonly caller?: string
  /** Credentials to answer challenges with, over `sip:localhost`. */
  readonly password?: string
  readonly transport?: 'udp' | 'tcp'
  /** Calls to make or take, then it ends. Default 1. */
  readonly calls?: number
  /** New calls per second. Default 10. */
  readonly rate?: number
  /** Own SIP port. Default: one nobody has, so that nothing late of an earlier run arrives. */
  readonly port?: number
  /** Share of datagrams that are lost on purpose, in percent. */
  readonly lostPercent?: number
  readonly timeoutSecs?: number
}

export interface SippVerdict {
  /** 0 when every call went by the scenario. */
  readonly code: number | null
  /** Everything unexpected, empty when all was well. */
  readonly complaints: string
}

export interface SippRun {
  readonly child: ChildProcess
  /** Resolves when SIPp ended; its folder is gone by then. */
  readonly verdict: Promise<SippVerdict>
}

const scenarios = fileURLToPath(new URL('scenarios/', import.meta.url))
const running = new Map<ChildProcess, Promise<SippVerdict>>()

/** Why a program can not be used here, or undefined when it can. */
export function missing(program: string): string | undefined {
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0
  return found ? undefined : `${program} is not installed`
}

/** Starts SIPp on loopback; one that waits for calls can be called when this resolves. */
export async function startSipp(options: SippOptions): Promise<SippRun> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sipp-'))
  const voice = sine(440, 2_000)
  const encoded = new Uint8Array(voice.length)
  encodeUlaw(voice, encoded)
  await writeFile(join(folder, 'voice.ul'), encoded)
  encodeAlaw(voice, encoded)
  await writeFile(join(folder, 'voice.al'), encoded)
  const port = options.port ?? (await freePort())
  const child = spawn('sipp', argumentsOf(options, port), {
    cwd: folder,
    env: { ...process.env, TERM: 'xterm' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const verdict = verdictOf(child, folder)
  running.set(child, verdict)
  // One that is over already says why in its verdict.
  if (options.server === undefined)
    await until(() => child.exitCode !== null || listens(port, options.transport) || undefined)
  return { child, verdict }
}

/** Runs SIPp to its end. */
export async function sipp(options: SippOptions): Promise<SippVerdict> {
  const { verdict } = await startSipp(options)
  return verdict
}

/** Ends what a failed test left running. */
export async function endSipps(): Promise<void> {
  for (const child of running.keys()) child.kill('SIGKILL')
  await Promise.all(running.values())
}

/** A port nobody had a moment ago, over UDP and TCP. */
export async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const { port } = socket.address()
    await new Promise<void>((resolve) => socket.close(() => resolve()))
    if (!listens(port, 'tcp')) return port
  }
}

/** Whether somebody has the port, as the kernel tells: a question over the network would be a call to SIPp. */
function listens(port: number, transport: 'udp' | 'tcp' = 'udp'): boolean {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = readFileSync(`/proc/net/${transport}`, 'utf8').trim().split('\n').slice(1)
  return lines.some((line) => line.trim().split(/\s+/)[1]?.endsWith(place) === true)
}

function argumentsOf(options: SippOptions, port: number): string[] {
  const { server, calls = 1, rate = 10, timeoutSecs = 60 } = options
  const transport = options.transport === 'tcp' ? 't1' : 'u1'
  const optional: readonly (readonly [string, string | undefined])[] = [
    ['-s', options.service],
    ['-au', options.password === undefined ? undefined : options.caller],
    ['-ap', options.password],
    ['-auth_uri', options.password === undefined ? undefined : 'localhost'],
    ['-lost', options.lostPercent?.toString()],
  ]
  return [
    // Only one side of a bridge may echo, or every packet goes round for ever.
    ...(server === undefined ? ['-rtp_echo'] : [`${server.host}:${server.port}`]),
    ...[
      '-sf',
      join(scenarios, `${options.scenario}.xml`),
      '-key',
      'caller',
      options.caller ?? 'sipp',
    ],
    ...['-i', '127.0.0.1', '-mi', '127.0.0.1', '-t', transport, '-p', String(port), '-nostdin'],
    ...['-m', String(calls), '-r', String(rate), '-l', String(calls)],
    // Its watchdog would report a busy machine, not a fault of the server.
    ...['-watchdog_interval', '0'],
    ...['-timeout', `${timeoutSecs}s`, '-timeout_error', '-trace_err', '-error_file', 'complaints'],
    ...optional.flatMap(([name, value]) => (value === undefined ? [] : [name, value])),
  ]
}

async function verdictOf(child: ChildProcess, folder: string): Promise<SippVerdict> {
  let said = ''
  child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('close', resolve)
  })
  const written = await readFile(join(folder, 'complaints'), 'utf8').catch(() => '')
  const complaints = withoutRepeats(written)
  await rm(folder, { recursive: true, force: true })
  running.delete(child)
  return { code, complaints: code === 0 ? complaints : `${complaints}${said}` }
}

/**
 * SIPp forgets a call with its last message. Where an answer took longer than T1 it asked twice (RFC 3261 §17.1), and the
 * second answer finds nobody: no fault of either side.
 */
function withoutRepeats(complaints: string): string {
  const repeated = /'?[^\n]*Dead call \S+ \(successful\), received 'SIP\/2\.0 [^']*/g
  const rest = complaints.replace(repeated, '')
  return /^The following events occurred:[\s']*$/.test(rest) ? '' : rest
}
