#!/usr/bin/env node
// Starts the command line on Node.js 24: out of the sources where they are, as in the repository, else out of what they
// were compiled to, as in the package. In the repository an older Node hands over to the one that npm brought along, if
// it is there, and else says what to do.
'use strict'
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

const project = join(__dirname, '..')
const source = join(project, 'src', 'cli', 'main.ts')
const main = existsSync(source) ? source : join(project, 'dist', 'cli', 'main.js')
const isOld = Number(process.versions.node.split('.')[0]) < 24
const brought = join(project, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')

// npx that is stopped takes its shell with it, but not what the shell runs: a server would stay behind that nobody sees.
// What a tool starts that was itself started by npx has the same environment, but not that shell as its parent.
if (isRunByShellOfNpx()) {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}

// Of `npx holdfast start` the script is `'holdfast'`, and its shell `sh -c "'holdfast' start"`. A shell that does not wait
// for us (`npx -c 'holdfast start &'`) may end.
function isRunByShellOfNpx() {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = process.env
  if (event !== 'npx' || !/^'?([^\s']*\/)?holdfast'?(\s[^&;|]*)?$/.test(script)) return false
  try {
    const [, option, run = ''] = readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0')
    return option === '-c' && run.startsWith(script)
  } catch {
    return false // No Linux, or the parent is gone.
  }
}

if (!isOld) import(pathToFileURL(main).href)
else if (!existsSync(brought)) require('../tools/check-node.cjs')
else {
  const { spawn } = require('node:child_process')
  const child = spawn(brought, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the child by itself; what a supervisor sends reaches only us.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
}
