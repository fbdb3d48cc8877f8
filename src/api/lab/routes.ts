// An addition of ours (C260): what a lab does to the server, for tests of voice applications. On a server that is no lab
// these paths do not exist.

import type { Static } from 'typebox'
import type { Fault, FaultOrder, Lab } from '../../ports/lab.ts'
import type { Api, ApiContext } from '../context.ts'
import { eventTypes } from '../../base/event-types.ts'
import { bodyOperation, plainOperation } from '../operation.ts'
import { RequestRefused, type Problem } from '../problems.ts'
import { Type } from '../schema.ts'

const skipSecsMax = 7 * 86_400

const faultKind = Type.Enum([
  'drop_webhook',
  'duplicate_webhook',
  'reorder_webhook',
  'delay_webhook',
  'lose_sip',
  'one_way_audio',
])

const faultSchema = Type.Object({
  record_type: Type.Literal('lab_fault'),
  id: Type.String(),
  fault: faultKind,
  struck: Type.Integer({ description: 'How often so far. Used up, it is no longer listed.' }),
})

const stateSchema = Type.Object({
  record_type: Type.Literal('lab'),
  ahead_secs: Type.Number({ description: 'Of the time of calls, before that of the machine.' }),
  faults: Type.Array(faultSchema),
})

/** The lab, or 404. */
function labOf(context: ApiContext): Lab {
  const { lab } = context.options
  if (lab === undefined) throw new RequestRefused([{ name: 'not-found' }])
  return lab
}

/** Before the body is looked at: a server without a lab has nothing to say about it. */
function onlyInLab(context: ApiContext) {
  return async () => void labOf(context)
}

const retrieveSchema = plainOperation({
  tag: 'lab',
  summary: 'Retrieve the state of the lab',
  description: 'Only with `lab.enabled`; without it every path of the lab answers 404.',
  path: {},
  ok: stateSchema,
})

/** GET /v2/lab */
function retrieveLab(api: Api, context: ApiContext): void {
  const preValidation = onlyInLab(context)
  api.get('/v2/lab', { schema: retrieveSchema, preValidation }, async (_request, reply) =>
    reply.send({ data: stateObject(labOf(context)) }),
  )
}

const skipSchema = bodyOperation({
  tag: 'lab',
  summary: 'Let time pass at once',
  description:
    'For calls, queues, webhooks and everything that is kept for a time; SIP and sound keep real time. Deadline by deadline: what follows from one happens before the next. Answers when the time has come.',
  path: {},
  body: Type.Object({ seconds: Type.Integer({ minimum: 0, maximum: skipSecsMax }) }),
  ok: Type.Object({
    ...stateSchema.properties,
    deadlines: Type.Integer({ description: 'Met on the way.' }),
  }),
})

/** POST /v2/lab/skip */
function skipTime(api: Api, context: ApiContext): void {
  const preValidation = onlyInLab(context)
  api.post('/v2/lab/skip', { schema: skipSchema, preValidation }, async (request, reply) => {
    const lab = labOf(context)
    const { deadlines } = await lab.skip(request.body.seconds * 1000)
    return reply.send({ data: { ...stateObject(lab), deadlines } })
  })
}

const addBody = Type.Object({
  fault: faultKind,
  event_type: Type.Optional(
    Type.String({ maxLength: 100, description: 'Of webhooks: only these. Default: any.' }),
  ),
  count: Type.Integer({
    ...{ default: 1, minimum: 1, maximum: 1_000_000 },
    description: 'How many attempts of webhooks, or messages.',
  }),
  delay_secs: Type.Integer({
    ...{ default: 5, minimum: 0, maximum: 3600 },
    description: 'Of `delay_webhook`, in the time of calls.',
  }),
  method: Type.Enum(['ACK', 'BYE'], { default: 'BYE' }),
  direction: Type.Enum(['in', 'out'], {
    ...{ default: 'in', description: 'As the server sees it.' },
  }),
})

const addSchema = bodyOperation({
  tag: 'lab',
  summary: 'Switch a fault on',
  description:
    'A webhook that is dropped counts as failed and is tried again; one that is reordered goes after the next. `lose_sip` loses UDP messages. `one_way_audio` counts for all calls until the faults are cleared.',
  path: {},
  body: addBody,
  ok: faultSchema,
  created: true,
})

/** It would wait for ever, and nobody would know why. */
const noSuchType: Problem = {
  name: 'parameter-refused',
  detail: 'There is no event of that type.',
  pointer: '/event_type',
}

/** POST /v2/lab/faults */
function addFault(api: Api, context: ApiContext): void {
  const preValidation = onlyInLab(context)
  api.post('/v2/lab/faults', { schema: addSchema, preValidation }, async (request, reply) => {
    const { event_type: type } = request.body
    if (type !== undefined && !eventTypes.includes(type)) return context.refuse(reply, [noSuchType])
    const fault = labOf(context).addFault(orderOf(request.body))
    return reply.code(201).send({ data: faultObject(fault) })
  })
}

const clearSchema = plainOperation({
  tag: 'lab',
  summary: 'Switch all faults off',
  path: {},
  ok: stateSchema,
})

/** DELETE /v2/lab/faults */
function clearFaults(api: Api, context: ApiContext): void {
  const preValidation = onlyInLab(context)
  api.delete('/v2/lab/faults', { schema: clearSchema, preValidation }, async (_request, reply) => {
    const lab = labOf(context)
    lab.clearFaults()
    return reply.send({ data: stateObject(lab) })
  })
}

const resetSchema = bodyOperation({
  tag: 'lab',
  summary: 'End all calls and empty all queues',
  description: 'Also switches all faults off. Answers when everything is gone. Time stays.',
  path: {},
  body: Type.Object({}),
  ok: Type.Object({
    ...stateSchema.properties,
    calls_ended: Type.Integer(),
  }),
})

/** POST /v2/lab/reset */
function resetLab(api: Api, context: ApiContext): void {
  const preValidation = onlyInLab(context)
  api.post('/v2/lab/reset', { schema: resetSchema, preValidation }, async (_request, reply) => {
    const lab = labOf(context)
    const { calls } = await lab.reset()
    return reply.send({ data: { ...stateObject(lab), calls_ended: calls } })
  })
}

/** In the order of the reference. */
export const labEndpoints = [retrieveLab, skipTime, addFault, clearFaults, resetLab]

function orderOf(body: Static<typeof addBody>): FaultOrder {
  const { fault, event_type: eventType, count, delay_secs: delaySecs, method, direction } = body
  switch (fault) {
    case 'lose_sip':
      return { kind: 'lose-sip', method, direction, count }
    case 'one_way_audio':
      return { kind: 'one-way-audio', direction }
    case 'drop_webhook':
    case 'duplicate_webhook':
    case 'reorder_webhook':
    case 'delay_webhook': {
      const kind = webhookKinds[fault]
      return { kind, eventType, count, delayMs: delaySecs * 1000 }
    }
  }
}

const webhookKinds = {
  drop_webhook: 'drop-webhook',
  duplicate_webhook: 'duplicate-webhook',
  reorder_webhook: 'reorder-webhook',
  delay_webhook: 'delay-webhook',
} as const

function faultObject({ faultId, order, struck }: Fault) {
  return { record_type: 'lab_fault', id: faultId, fault: order.kind.replaceAll('-', '_'), struck }
}

function stateObject(lab: Lab) {
  const { aheadMs, faults } = lab.state()
  return { record_type: 'lab', ahead_secs: aheadMs / 1000, faults: faults.map(faultObject) }
}
