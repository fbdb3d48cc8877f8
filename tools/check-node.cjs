// Runs on any Node and says what to do when it is too old for Holdfast (the sources run unbuilt on 24).
'use strict'
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `Holdfast runs on Node.js 24 or newer; this is ${process.versions.node}. In its repository on Linux (x64, arm64) ` +
      '"npm ci" brings the right one along (leave optional and development dependencies on); elsewhere install Node.js 24.',
  )
  process.exit(2)
}
