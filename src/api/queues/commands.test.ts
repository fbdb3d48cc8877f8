// What good requests on queues become: the command that the call logic gets.
import { testCommands, uuid } from '../command-testing.ts'
import { legId } from '../testing.ts'

testCommands([
  {
    name: 'queue create',
    url: '/v2/queues',
    body: { queue_name: 'support' },
    command: { kind: 'queue-create', queueName: 'support', newQueueId: uuid(2), maxSize: 300 },
  },
  {
    name: 'queue update',
    url: '/v2/queues/support',
    body: { max_size: 5 },
    command: { kind: 'queue-update', queueName: 'support', maxSize: 5 },
  },
  {
    name: 'queue delete',
    method: 'DELETE',
    url: '/v2/queues/support',
    command: { kind: 'queue-delete', queueName: 'support' },
    status: 204,
  },
  {
    name: 'queued call update',
    method: 'PATCH',
    url: `/v2/queues/support/calls/${legId}`,
    body: { keep_after_hangup: true },
    command: { kind: 'queued-call-update', queueName: 'support', legId, keepAfterHangup: true },
    status: 204,
  },
  {
    name: 'queued call remove',
    method: 'DELETE',
    url: `/v2/queues/support/calls/${legId}`,
    command: { kind: 'queued-call-remove', queueName: 'support', legId },
    status: 204,
  },
])
