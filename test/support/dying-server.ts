// The server as a process that dies at a place of its own choice (src/ports/faults.ts), as no signal from outside could
// hit it: LAB_DIE_AT names the place; with LAB_DIE_ON the process lives until a request for a path with that text came.
import { subscribe } from 'node:diagnostics_channel'
import { IncomingMessage } from 'node:http'
import { loadConfig } from '../../src/config/load.ts'
import { folderOf, readTextFile, resolvePath } from '../../src/platform/files.ts'
import { startServer } from '../../src/server.ts'

const place = process.env['LAB_DIE_AT'] ?? ''
const path = process.env['LAB_DIE_ON']
let isArmed = path === undefined

subscribe('http.server.request.start', (message) => {
  if (typeof message !== 'object' || message === null || !('request' in message)) return
  const { request } = message
  if (request instanceof IncomingMessage && request.url?.includes(path ?? '')) isArmed = true
})

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
      if (isArmed && reached === place) process.kill(process.pid, 'SIGKILL')
    },
  },
)
console.log(`holdfast ready http=${server.http} sip=${server.sip}`)
