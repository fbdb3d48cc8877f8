// Listening to a call: its sound comes as µ-law in pieces of 20 ms over a WebSocket and is played a little later than it
// comes, so that pieces that arrive unevenly make no gaps. One call at a time; it goes on when one changes the page.
import { signal } from '@preact/signals'
import { get, pathOf } from '../api/client.ts'
import { levelPercent } from '../model/level.ts'
import { decodeMulaw } from '../model/mulaw.ts'
import { tell } from '../state/notices.ts'
import { mayListen, role } from '../state/session.ts'

const rateHz = 8000
const leadSecs = 0.12
/** Further behind than this it jumps ahead: what one hears should be now. */
const behindSecsMax = 0.6
/** The level is shown ten times a second. */
const piecesPerLevel = 5
/** Everything about listening was right but that it was no WebSocket. */
const upgradeRequired = 426

export interface Listening {
  readonly id: string
  /** Whom one listens to, in words. */
  readonly name: string
  /** Sound comes. */
  readonly isOpen: boolean
}

/** The call one listens to. */
export const listening = signal<Listening | undefined>(undefined)
/** How loud it is, 0 to 100. */
export const level = signal(0)
let stopCurrent: () => void = () => undefined

/** Why nobody listens here; empty: one may. */
export function whyNotListen(): string {
  if (mayListen.value) return ''
  return role.value === 'admin'
    ? 'Listening is turned off on this server (console.allow_listen in its configuration).'
    : 'Who may only read cannot listen to calls.'
}

/** The call that is listened to already is listened to no more. */
export function listenTo(id: string, name: string): void {
  const isSame = listening.value?.id === id
  stopCurrent()
  if (!isSame) start(id, name)
}

export function stopListening(): void {
  stopCurrent()
}

function start(id: string, name: string): void {
  const url = new URL(pathOf`/v2/calls/${id}/listen`, location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const player = createPlayer()
  listening.value = { id, name, isOpen: false }
  const stop = (): void => {
    stopCurrent = () => undefined
    listening.value = undefined
    level.value = 0
    socket.close()
    player.close()
  }
  stopCurrent = stop
  const isCurrent = (): boolean => stopCurrent === stop
  socket.addEventListener('open', () => {
    if (isCurrent()) listening.value = { id, name, isOpen: true }
  })
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isCurrent() || !(data instanceof ArrayBuffer) || data.byteLength === 0) return
    player.play(decodeMulaw(new Uint8Array(data)))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    if (!isCurrent()) return
    const opened = listening.value?.isOpen === true
    stop()
    if (!opened) void tellWhyNot(id, name)
    else if (code === 1000) tell(`${name}: the call that was listened to is over.`)
    else tell(`Listening has ended: ${reason === '' ? 'the connection broke' : reason}.`, true)
  })
}

/** A browser does not say why a WebSocket was refused; the same path says it to an ordinary request. */
async function tellWhyNot(id: string, name: string): Promise<void> {
  const answer = await get<unknown>(pathOf`/v2/calls/${id}/listen`)
  if (answer.ok) return
  const { status, text } = answer.refusal
  const why =
    status === upgradeRequired
      ? 'The connection was refused on its way: a proxy has to pass WebSockets on, and the address of this page has to be the server’s own or http.public_url.'
      : text
  tell(`${name} cannot be listened to. ${why}`, true)
}

/** What is played at which moment, and how loud it was. */
function createPlayer() {
  const context = new AudioContext()
  // Some browsers begin in silence until a key or button was pressed, which is why we are here.
  void context.resume()
  let playAt = 0
  let pieces: Float32Array[] = []
  return {
    play(samples: Float32Array<ArrayBuffer>): void {
      pieces.push(samples)
      if (pieces.length === piecesPerLevel) {
        level.value = levelPercent(pieces)
        pieces = []
      }
      const buffer = context.createBuffer(1, samples.length, rateHz)
      buffer.copyToChannel(samples, 0)
      const source = context.createBufferSource()
      source.buffer = buffer
      source.connect(context.destination)
      const { currentTime } = context
      if (playAt < currentTime || playAt > currentTime + behindSecsMax)
        playAt = currentTime + leadSecs
      source.start(playAt)
      playAt += buffer.duration
    },
    close: () => void context.close(),
  }
}
