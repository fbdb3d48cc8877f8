// The checker of supervisors itself: it finds a wrong role, a wrong side and one who stays, and takes no order of asking
// and answering for a fault. By hand, since a seed's history changes with the simulator's own code.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import { brandAs, type LegId } from '../../src/base/ids.ts'
import type { DialCommand } from '../../src/ports/commands.ts'
import { commands } from '../support/call-lab.ts'
import { BrokenPromise } from './checkers.ts'
import type { SimMedia } from './media.ts'
import { SimSupervisors } from './supervisors.ts'

type Heard = Pick<SimMedia, 'supervisors'>

const agent = brandAs<LegId>('v3:agent')
const caller = brandAs<LegId>('v3:caller')

/** A whisper for the agent, that rings at two telephones. */
function dialled(): { command: DialCommand; boss: LegId; deputy: LegId } {
  const { fresh } = commands.dial('deputy')
  const command = commands.dial('boss', {
    others: [{ fresh, to: 'sip:deputy@10.0.2.1', sendDigits: undefined }],
    supervise: { target: agent, role: 'whisper' },
  })
  return { command, boss: command.fresh.legId, deputy: fresh.legId }
}

const heard = (legId: LegId, role: 'barge' | 'whisper', target = agent): Heard => ({
  supervisors: new Map([[legId, { pair: [agent, caller], target, role }]]),
})

test('another role or another side than was asked for is found, of each that rang', () => {
  const supervisors = new SimSupervisors()
  const { command, boss, deputy } = dialled()
  supervisors.asked(command)
  for (const legId of [boss, deputy]) {
    supervisors.checkMedia(heard(legId, 'whisper'))
    assert.throws(() => supervisors.checkMedia(heard(legId, 'barge')), BrokenPromise)
    assert.throws(() => supervisors.checkMedia(heard(legId, 'whisper', caller)), BrokenPromise)
  }
})

test('a role that is switched is no fault, the answer of the dial there or not', () => {
  const supervisors = new SimSupervisors()
  const { command, boss } = dialled()
  supervisors.asked(command)
  supervisors.asked({ kind: 'switch-supervisor-role', legId: boss, role: 'barge' })
  supervisors.checkMedia(heard(boss, 'barge'))
  assert.throws(() => supervisors.checkMedia(heard(boss, 'barge', caller)), BrokenPromise)
})

test('of one who was moved by a command nothing is known, the answer of the dial there or not', () => {
  const supervisors = new SimSupervisors()
  const { command, boss } = dialled()
  supervisors.asked(command)
  supervisors.asked({ kind: 'leave-queue', legId: boss })
  supervisors.checkMedia(heard(boss, 'barge', caller))
})
