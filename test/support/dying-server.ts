// The server as a process that dies at a place of its own choice (src/ports/faults.ts), as no signal from outside could
// hit it: LAB_DIE_AT names the place; with LAB_DIE_ON the process lives until a request for a path with that text came, and
// until its command is with the engine when it is one: what is committed meanwhile (the places of RTP streams) spares it.
import { subscribe } from 'node:diagnostics_channel'
import { IncomingMessage } from 'node:http'
import { loadConfig } from '../../src/config/load.ts'
import { folderOf, readTextFile, resolvePath } from '../../src/platform/files.ts'
import { startServer } from '../../src/server.ts'

const place = process.env['LAB_DIE_AT'] ?? ''
const path = process.env['LAB_DIE_ON']
const isCommand = path?.includes('/actions/') === true
let hasCome = false
/** Of each place: how often it was reached. */
const times = new Map<string, number>()
/** It dies when the place is reached more often than this. */
let spared = path === undefined ? 0 : Infinity

subscribe('http.server.request.start', (message) => {
  if (typeof message !== 'object' || message === null || !('request' in message)) return
  const { request } = message
  if (!(request instanceof IncomingMessage) || request.url?.includes(path ?? '') !== true) return
  hasCome = true
  if (!isCommand) arm()
})

/** What was begun before ends as it does. */
function arm(): void {
  const begun = times.get(place.replace(/\.after$/, '.before')) ?? 0
  spared = Math.min(spared, begun)
}

const { config } = loadConfig({
  env: process.env,
  workingFolder: process.cwd(),
  readText: readTextFile,
  resolvePath,
  folderOf,
  isAddressRange: () => true,
})
const server = await startServer(
  config,
  (why) => {
    console.error(why)
    process.exit(1)
  },
  {
    at: (reached) => {
      if (hasCome && isCommand && reached === 'engine.command') arm()
      const now = (times.get(reached) ?? 0) + 1
      times.set(reached, now)
      if (reached === place && now > spared) process.kill(process.pid, 'SIGKILL')
    },
  },
)
console.log(`holdfast ready http=${server.http} sip=${server.sip}`)
