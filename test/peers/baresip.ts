// baresip, an independent softphone, inside a namespace: it says one tone and keeps a recording of what it heard.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import wavefile from 'wavefile'
import { sine } from '../../src/media/audio/goertzel.ts'
import { patience } from '../support/patience.ts'
import type { Namespace } from './namespace.ts'

export interface SoftphoneOptions {
  readonly place: Namespace
  readonly user: string
  readonly password: string
  readonly server: { readonly host: string; readonly port: number }
  /** Own SIP port. */
  readonly port: number
  readonly voiceHz: number
  readonly codec: keyof typeof codecs
  /** Dialled at once. */
  readonly dial?: string
}

export interface Softphone {
  /** Resolves when its output matches; rejects with the output after `timeoutMs`. */
  says(pattern: RegExp, timeoutMs: number): Promise<void>
  /** Ends the phone. */
  quit(): Promise<void>
  /** What it heard in its only call, 8 kHz; to be asked after `quit`. */
  recording(): Promise<Int16Array>
  /** Ends it if need be and takes its folder away. */
  remove(): Promise<void>
}

/** Its names of codecs, and the modules they need. */
const codecs = {
  pcmu: { name: 'pcmu/8000/1', module: 'g711.so' },
  pcma: { name: 'pcma/8000/1', module: 'g711.so' },
  g722: { name: 'g722/16000/1', module: 'g722.so' },
  opus: { name: 'opus/48000/2', module: 'opus.so' },
} as const

/** A file that ends before the call would end the voice. */
const VOICE_SECS = 60

export async function startSoftphone(options: SoftphoneOptions): Promise<Softphone> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-baresip-'))
  const recordings = join(folder, 'heard')
  await mkdir(recordings)
  const voice = new wavefile.WaveFile()
  const tone = sine(options.voiceHz, VOICE_SECS * 1_000)
  // It takes a source of as many channels as its codec says.
  if (options.codec === 'opus') voice.fromScratch(2, 8_000, '16', [tone, tone])
  else voice.fromScratch(1, 8_000, '16', tone)
  await writeFile(join(folder, 'voice.wav'), voice.toBuffer())
  await writeFile(join(folder, 'config'), configOf(options, folder, recordings))
  await writeFile(join(folder, 'accounts'), accountOf(options))
  await writeFile(join(folder, 'contacts'), '')
  const dial = options.dial === undefined ? [] : ['-e', `/dial ${options.dial}`]
  const [program = '', ...words] = options.place.inside(['baresip', '-f', folder, ...dial])
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  const quit = async (): Promise<void> => {
    child.kill('SIGTERM')
    const stubborn = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(stubborn)
  }
  return {
    says: listenTo(child),
    quit,
    recording: () => readRecording(recordings),
    remove: async () => {
      await quit()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function listenTo(child: ChildProcess): Softphone['says'] {
  let output = ''
  const watchers = new Set<() => void>()
  const onData = (bytes: Buffer): void => {
    output += bytes.toString()
    for (const watcher of [...watchers]) watcher()
  }
  child.stdout?.on('data', onData)
  child.stderr?.on('data', onData)
  return (pattern, timeoutMs) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(output)) return
        clearTimeout(late)
        watchers.delete(look)
        resolve()
      }
      const late = setTimeout(() => {
        watchers.delete(look)
        reject(new Error(`baresip never said ${pattern}:\n${output}`))
      }, timeoutMs * patience)
      watchers.add(look)
      look()
    })
}

function configOf(options: SoftphoneOptions, folder: string, recordings: string): string {
  return [
    'poll_method epoll',
    `sip_listen ${options.place.phoneAddress}:${options.port}`,
    'call_local_timeout 120',
    'call_max_calls 4',
    `audio_source aufile,${join(folder, 'voice.wav')}`,
    // There is no loudspeaker; the recording is made before it.
    'audio_player aubridge,nowhere',
    'audio_alert aubridge,nowhere',
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'rtcp_mux no',
    'jitter_buffer_delay 1-5',
    'module_path /usr/lib/baresip/modules',
    `module ${codecs[options.codec].module}`,
    'module aufile.so',
    'module aubridge.so',
    'module sndfile.so',
    'module_tmp uuid.so',
    'module_tmp account.so',
    'module_app menu.so',
    `snd_path ${recordings}`,
    '',
  ].join('\n')
}

function accountOf({ user, password, server, codec }: SoftphoneOptions): string {
  const address = `<sip:${user}@${server.host}:${server.port}>`
  const parameters = [
    `auth_pass=${password}`,
    'answermode=auto',
    'regint=60',
    `audio_codecs=${codecs[codec].name}`,
  ]
  return `${[address, ...parameters].join(';')}\n`
}

/** sndfile writes one file per direction: `…-dec.wav` is what was decoded. */
async function readRecording(folder: string): Promise<Int16Array> {
  const names = await readdir(folder)
  const heard = names.filter((name) => name.endsWith('-dec.wav'))
  if (heard.length !== 1) throw new Error(`one recording expected, found ${names.join(', ')}`)
  const wav = new wavefile.WaveFile(await readFile(join(folder, heard[0] ?? '')))
  // Opus has 48 kHz and two channels here.
  if ('sampleRate' in wav.fmt && wav.fmt.sampleRate !== 8_000) wav.toSampleRate(8_000)
  const samples: unknown = wav.getSamples(false, Int16Array)
  const [left] = Array.isArray(samples) ? samples : [samples]
  if (left instanceof Int16Array) return left
  throw new Error('the recording has no samples')
}
