// `npm ci` ends with it: makes sure that npm scripts find the Node.js 24 that was brought along. npm 10, which Node.js 20
// comes with, installs it and then removes its link together with that of the package for the other architecture.
'use strict'
const { existsSync, rmSync, symlinkSync } = require('node:fs')
const { join } = require('node:path')

const modules = join(__dirname, '..', 'node_modules')
const brought = join(`node-linux-${process.arch}`, 'bin', 'node')
const link = join(modules, '.bin', 'node')
if (existsSync(join(modules, brought)) && !existsSync(link)) {
  // One that leads nowhere, as after a move to another architecture.
  rmSync(link, { force: true })
  symlinkSync(join('..', brought), link)
}
