// The engine's view of what is set up: settings as they were at the start, applications as they are now.

import type { Application } from '../ports/applications.ts'
import type { ApplicationBook } from '../ports/setup.ts'
import { defaultEngineSettings, type EngineSettings, type EngineWorld } from './state.ts'

export interface WorldParts {
  /** A list that never changes, or the registry. */
  readonly applications: readonly Application[] | ApplicationBook
  readonly settings: Partial<EngineSettings>
  readonly checkDestination: EngineWorld['checkDestination']
  readonly trunkNumber?: EngineWorld['trunkNumber'] | undefined
}

export function createWorld(parts: WorldParts): EngineWorld {
  const { applications } = parts
  return {
    settings: { ...defaultEngineSettings, ...parts.settings },
    applications: 'get' in applications ? applications : fixedBook(applications),
    checkDestination: parts.checkDestination,
    trunkNumber: parts.trunkNumber ?? ((to) => (to.startsWith('+') ? to : undefined)),
  }
}

/** The first application in the list wins where two name the same number. */
function fixedBook(applications: readonly Application[]): ApplicationBook {
  const byNumber = new Map<string, Application>()
  for (const application of applications) {
    for (const number of application.numbers) {
      if (!byNumber.has(number)) byNumber.set(number, application)
    }
  }
  const byId = new Map(applications.map((one) => [one.id, one]))
  return {
    get: (id) => byId.get(id),
    answering: (called) => byNumber.get(called) ?? byNumber.get('*'),
  }
}
