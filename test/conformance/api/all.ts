// All checks of the suite.
import type { Check } from './check.ts'
import { addressingChecks } from './suites/addressing.ts'
import { commonChecks } from './suites/common.ts'
import { conferenceChecks } from './suites/conferences.ts'
import { effectChecks } from './suites/effects.ts'
import { eventChecks } from './suites/events.ts'
import { featureChecks } from './suites/features.ts'
import { machineChecks } from './suites/machine.ts'
import { outboundChecks } from './suites/outbound.ts'
import { parameterChecks } from './suites/parameters.ts'
import { protocolChecks } from './suites/protocol.ts'
import { queueChecks } from './suites/queues.ts'
import { queueingChecks } from './suites/queueing.ts'
import { recordChecks } from './suites/records.ts'
import { recordingChecks } from './suites/recordings.ts'
import { resourceChecks } from './suites/resources.ts'
import { roomChecks } from './suites/rooms.ts'
import { setupChecks } from './suites/setup.ts'
import { stateChecks } from './suites/states.ts'
import { streamingChecks } from './suites/streaming.ts'
import { timeChecks } from './suites/times.ts'

export const allChecks: readonly Check[] = [
  ...protocolChecks,
  ...queueChecks,
  ...parameterChecks,
  ...stateChecks,
  ...queueingChecks,
  ...conferenceChecks,
  ...outboundChecks,
  ...machineChecks,
  ...resourceChecks,
  ...setupChecks,
  ...featureChecks,
  ...eventChecks,
  ...addressingChecks,
  ...recordChecks,
  ...recordingChecks,
  ...streamingChecks,
  ...roomChecks,
  ...effectChecks,
  ...commonChecks,
  ...timeChecks,
]
