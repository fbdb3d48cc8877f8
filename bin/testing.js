// `holdfast/testing`: the sources where they are, as in the repository, else what they were compiled to, as in the
// package. Read without `await`, so that `require('holdfast/testing')` works as well; what may be imported is named once
// more because an export cannot be computed (tools/package.test.ts compares).
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const source = new URL('../src/testing/index.ts', import.meta.url)
const library = require(existsSync(source) ? '../src/testing/index.ts' : '../dist/testing/index.js')

export const { Agent, Caller, Events, Faults, Lab, Person, Queue, Traffic } = library
export const { distributionOf, freePort, staff, startLab } = library
