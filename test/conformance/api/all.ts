// All checks of the suite.
import type { Check } from './check.ts'
import { parameterChecks } from './suites/parameters.ts'
import { protocolChecks } from './suites/protocol.ts'
import { queueChecks } from './suites/queues.ts'

export const allChecks: readonly Check[] = [...protocolChecks, ...queueChecks, ...parameterChecks]
