// Listening to a call: its sound comes as µ-law in pieces of 20 ms over a WebSocket and is played a little later than it
// comes, so that pieces that arrive unevenly make no gaps.
import { signal } from '@preact/signals'
import { pathOf } from '../api/client.ts'
import { decodeMulaw } from '../model/mulaw.ts'
import { tell } from '../state/notices.ts'

const rateHz = 8000
const leadSecs = 0.12
/** Further behind than this it jumps ahead: what one hears should be now. */
const behindSecsMax = 0.6

/** The call one listens to; empty: none. */
export const listening = signal('')
let stopCurrent: () => void = () => undefined

export function listenTo(id: string): void {
  const isSame = listening.value === id
  stopCurrent()
  if (!isSame) start(id)
}

function start(id: string): void {
  const url = new URL(pathOf`/v2/calls/${id}/listen`, location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const context = new AudioContext()
  let playAt = 0
  let opened = false
  listening.value = id
  const stop = (): void => {
    stopCurrent = () => undefined
    listening.value = ''
    socket.close()
    void context.close()
  }
  stopCurrent = stop
  socket.addEventListener('open', () => (opened = true))
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0) return
    const samples = decodeMulaw(new Uint8Array(data))
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
  })
  socket.addEventListener('close', () => {
    if (listening.value !== id) return
    stop()
    if (opened) tell('The call that was listened to is over.')
    else
      tell('Listening is not possible: the call is over, or this server does not allow it.', true)
  })
}
