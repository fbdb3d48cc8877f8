// What people, agents and the application send: the inputs and commands of the moves.

import {
  brandAs,
  type ApplicationId,
  type LegId,
  type QueueId,
  type QueueName,
} from '../../src/base/ids.ts'
import type { Command, CommandEnvelope } from '../../src/ports/commands.ts'
import type { SignalingInput } from '../../src/ports/signaling.ts'
import { application, freshLeg } from '../support/call-lab.ts'
import { plainDial } from '../support/engine-bench.ts'
import type { Name } from './spec.ts'

export const app = application({ id: brandAs<ApplicationId>('1000000001') })
const queueName = brandAs<QueueName>('support')

export const refused = { kind: 'leg-refused', status: 486, reason: '', unheard: false } as const
export const gone = { kind: 'leg-lost', why: 'dialog-gone', status: 481 } as const

export function id(name: Name): LegId {
  return brandAs<LegId>(name)
}

export function envelope(command: Command): CommandEnvelope {
  return { command, clientState: undefined, commandId: undefined, request: undefined }
}

export function pick(
  name: Name,
  sent: 'plain' | 'id' | 'sdk',
  retry: boolean,
  parkAfterUnbridge: boolean,
): CommandEnvelope {
  const command: Command = {
    kind: 'bridge',
    legId: id(name),
    target: { kind: 'queue', queueName, legIdToo: undefined },
    playRingtone: false,
    ringtone: 'us',
    muteDtmf: 'none',
    preventDoubleBridge: false,
    parkAfterUnbridge,
    holdAfterUnbridge: false,
  }
  return {
    ...envelope(command),
    commandId: sent === 'id' ? `id of ${name}` : undefined,
    request: sent === 'sdk' ? { hash: `hash of ${name}`, retry } : undefined,
  }
}

export function incoming(name: Name): SignalingInput {
  return {
    kind: 'incoming-call',
    ...freshLeg(name),
    from: name,
    to: '+15550100',
    fromDisplayName: undefined,
    fromUri: `sip:${name}@127.0.0.1`,
    toUri: 'sip:+15550100@127.0.0.1',
    source: { kind: 'open', name: '' },
    sdp: 'sdp',
    customHeaders: [],
    sipHeaders: [],
  }
}

export function answerCommand(name: Name): Command {
  const options = { customHeaders: [], sipHeaders: [], codecs: undefined, webhooks: undefined }
  return { kind: 'answer', legId: id(name), ...options }
}

export function enqueueCommand(name: Name): Command {
  const newQueueId = brandAs<QueueId>('queue')
  const limits = { maxWaitMs: undefined, maxSize: undefined, keepAfterHangup: false }
  return { kind: 'enqueue', legId: id(name), queueName, newQueueId, ...limits }
}

export function dialCommand(name: Name): Command {
  return {
    kind: 'dial',
    fresh: freshLeg(name),
    applicationId: app.id,
    dial: plainDial,
    retryOnTimeout: true,
    linkTo: undefined,
    bridgeIntent: false,
    bridgeOnAnswer: false,
    parkAfterUnbridge: false,
    preventDoubleBridge: false,
  }
}
