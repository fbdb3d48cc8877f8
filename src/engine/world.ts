// The engine's view of the configuration, made once.

import type { Application } from '../ports/applications.ts'
import { defaultEngineSettings, type EngineSettings, type EngineWorld } from './state.ts'

export interface WorldParts {
  readonly applications: readonly Application[]
  readonly settings: Partial<EngineSettings>
  readonly checkDestination: EngineWorld['checkDestination']
  readonly trunkNumber?: EngineWorld['trunkNumber'] | undefined
}

/** The first application in the list wins where two name the same number. */
export function createWorld(parts: WorldParts): EngineWorld {
  const byNumber = new Map<string, Application>()
  for (const application of parts.applications) {
    for (const number of application.numbers) {
      if (!byNumber.has(number)) byNumber.set(number, application)
    }
  }
  return {
    settings: { ...defaultEngineSettings, ...parts.settings },
    applications: new Map(parts.applications.map((one) => [one.id, one])),
    applicationFor: (called) => byNumber.get(called) ?? byNumber.get('*'),
    checkDestination: parts.checkDestination,
    trunkNumber: parts.trunkNumber ?? ((to) => (to.startsWith('+') ? to : undefined)),
  }
}
