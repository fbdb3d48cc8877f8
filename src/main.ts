// `npm start`: reads the configuration, runs the server until SIGTERM or SIGINT, says when it is ready.
// Exit codes: 0 stopped by a signal; 1 a part that cannot be replaced died, the last writes did not reach the disk, or a
// second signal cut the stop short; 2 could not start (the message says why).

import { loadConfig, ConfigError } from './config/load.ts'
import { addressMatcher } from './platform/address-matcher.ts'
import { keepCompiled, writeCompiledAfter } from './platform/compile-cache.ts'
import { folderOf, readTextFile, resolvePath } from './platform/files.ts'
import { prepareWorkers } from './worker-threads.ts'

/** By then calls of a former process are back. */
const writeCompiledMs = 5000

function readConfig() {
  const { config, warnings } = loadConfig({
    env: process.env,
    workingFolder: process.cwd(),
    readText: readTextFile,
    resolvePath,
    folderOf,
    isAddressRange: (text) => {
      try {
        addressMatcher([text])
        return true
      } catch {
        return false
      }
    },
  })
  for (const warning of warnings) console.error(`holdfast: ${warning}`)
  return config
}

/** A test that is killed says nothing to the server it started, but the channel between the two is cut. */
function endWithParent(stop: () => void): void {
  process.once('disconnect', stop)
  if (!process.connected) stop()
}

/** What a socket that cannot be opened means for whoever chose its address. */
function bindTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('address' in error)) return undefined
  const port = 'port' in error && Number(error.port) > 0 ? `:${String(error.port)}` : ''
  const place = `${String(error.address)}${port}`
  const more = '`holdfast doctor` looks at all of them'
  switch (error.code) {
    case 'EADDRINUSE':
      return `${place} is taken by another program: stop it, or set another port; ${more}`
    case 'EADDRNOTAVAIL':
      return `${place} is no address of this machine: set the host to one, or to 0.0.0.0; ${more}`
    case 'EACCES':
      return `${place} may not be opened by this user: take a port above 1023; ${more}`
    default:
      return undefined
  }
}

try {
  const config = readConfig()
  keepCompiled(resolvePath(config.dataFolder, 'compiled'))
  const threads = prepareWorkers()
  // Read now and not before: most of the start is the reading of sources, and the threads read theirs meanwhile.
  const { startServer } = await import('./server.ts')
  const die = (why: string): void => {
    console.error(`holdfast: ${why}`)
    process.exit(1)
  }
  const server = await startServer(config, die, undefined, threads)
  writeCompiledAfter(writeCompiledMs)
  let stopping = false
  const stop = (): void => {
    if (stopping) {
      console.error('holdfast: stopped at once by a second signal')
      process.exit(1)
    }
    stopping = true
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`holdfast: could not stop cleanly: ${String(error)}`)
        process.exit(1)
      },
    )
  }
  const stopOnce = (): void => {
    if (!stopping) stop()
  }
  if (config.lab.enabled && process.channel !== undefined) endWithParent(stopOnce)
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // Said last: whoever reads it may stop us at once.
  if (server.freshApiKey !== undefined) {
    console.log(`holdfast made an API key (kept in the data folder): ${server.freshApiKey}`)
  }
  console.log(`holdfast ready http=${server.http} sip=${server.sip}`)
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  const why = bindTrouble(error) ?? message
  console.error(error instanceof ConfigError ? message : `holdfast could not start: ${why}`)
  process.exit(2)
}
