// A web server with sound for tests: `/music.wav` is ten seconds of one tone, `?hz=` and `?ms=` choose another one.
// Everything else is 404, `/broken.wav` is no sound file.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import wavefile from 'wavefile'

const rateHz = 16_000

export interface SoundServer {
  readonly origin: string
  /** Address of a WAV file with one tone. */
  url(hz: number, ms?: number): string
  /** How often this address was fetched. */
  fetches(url: string): number
  close(): Promise<void>
}

/** `host`: address to listen on, and to be asked at. */
export async function startSoundServer(host = '127.0.0.1'): Promise<SoundServer> {
  const made = new Map<string, Buffer>()
  const sound = (hz: number, ms: number): Buffer => {
    const key = `${hz} ${ms}`
    const wav = made.get(key) ?? wavOf(hz, ms)
    made.set(key, wav)
    return wav
  }
  const fetches = new Map<string, number>()
  const server = createServer((request, response) => {
    const asked = request.url ?? '/'
    fetches.set(asked, (fetches.get(asked) ?? 0) + 1)
    const { pathname, searchParams } = new URL(asked, 'http://localhost')
    if (pathname === '/music.wav') {
      const hz = Number(searchParams.get('hz'))
      const ms = Number(searchParams.get('ms'))
      response.writeHead(200).end(sound(hz, ms))
    } else if (pathname === '/broken.wav') response.writeHead(200).end('no sound at all')
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo // Listening on TCP: never a pipe's name.
  const origin = `http://${host}:${port}`
  return {
    origin,
    url: (hz, ms = 10_000) => `${origin}/music.wav?hz=${hz}&ms=${ms}`,
    fetches: (url) => fetches.get(url.slice(origin.length)) ?? 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function wavOf(hz: number, ms: number): Buffer {
  const samples = Int16Array.from({ length: Math.round((rateHz * ms) / 1000) }, (_, i) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  )
  const wav = new wavefile.WaveFile()
  wav.fromScratch(1, rateHz, '16', samples)
  return Buffer.from(wav.toBuffer())
}
