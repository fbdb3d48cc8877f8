// What people read: times, tables, events and steps of calls on a line, and that nothing steers their terminal.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timelineLine } from './commands/timeline.ts'
import { CliError, exitCodes, exitMeanings } from './exit-codes.ts'
import { createPaint, wantsColour } from './paint.ts'
import { faultText } from './program.ts'
import {
  clockTime,
  counted,
  deliveryLine,
  duration,
  eventLine,
  printable,
  table,
} from './render.ts'

const plain = createPaint(false)

test('lengths of time are minutes and seconds, with hours when there are any', () => {
  assert.deepEqual([0, 9.9, 60, 3599, 3600, 90_061, -5].map(duration), [
    ...['0:00', '0:09', '1:00', '59:59', '1:00:00', '25:01:01', '0:00'],
  ])
})

test('moments are shown in this time zone; what is none stays', () => {
  const local = new Date(2026, 0, 2, 3, 4, 5, 6)
  assert.equal(clockTime(local.toISOString()), '03:04:05.006')
  assert.equal(clockTime('soon'), 'soon')
})

test('counts', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'call')),
    ['0 calls', '1 call', '2 calls'],
  )
})

test('a table has its columns under each other, numbers to the right, and no blanks at line ends', () => {
  const text = table(
    plain,
    ['QUEUE', 'WAITING'],
    [
      ['sales', '1'],
      ['a', '120'],
    ],
    [1],
  )
  assert.equal(text, 'QUEUE  WAITING\nsales        1\na          120\n')
})

test('what callers send cannot steer a terminal', () => {
  assert.equal(printable('\u001b[2Jeve\u202e'), '\u{fffd}[2Jeve\u{fffd}')
  const event = {
    event_type: 'call.initiated',
    payload: { direction: 'incoming', from: '\u001b]0;x\u0007', to: 'b' },
  }
  assert.ok(![...eventLine(plain, event)].some((one) => one < ' '))
  const text = table(plain, ['FROM'], [['\u001b[31mred']])
  assert.ok(!text.includes('\u001b'))
  const painted = table(plain, ['STATE'], [[{ painted: createPaint(true).green('ready') }]])
  assert.ok(painted.includes('\u001b[32mready'), 'what we paint stays painted')
})

test('an event says what matters of it', () => {
  const event = {
    event_type: 'call.enqueued',
    occurred_at: 'then',
    payload: {
      call_control_id: 'v3:0123456789abcdef',
      queue: 'sales',
      current_position: 2,
      queue_avg_wait_time_secs: 7,
    },
  }
  assert.equal(
    eventLine(plain, event),
    'then  call.enqueued             …89abcdef  queue sales, position 2',
  )
})

test('a delivery says how it went, how long it took and which attempt it was', () => {
  const attempt = (status: number, ms: number) => ({
    started_at: '2026-01-01T00:00:00.000Z',
    finished_at: `2026-01-01T00:00:00.${String(ms).padStart(3, '0')}Z`,
    http: { request: { url: 'http://app/' }, response: { status } },
  })
  const webhook = { event_type: 'call.answered' }
  const delivered = { status: 'delivered', webhook, attempts: [attempt(500, 10), attempt(200, 12)] }
  assert.equal(
    deliveryLine(plain, delivered).trim(),
    '✔ 200  call.answered → http://app/ in 12 ms, attempt 2',
  )
  const failed = {
    status: 'failed',
    webhook,
    attempts: [{ http: { request: { url: 'http://app/' } } }],
  }
  assert.equal(deliveryLine(plain, failed).trim(), '✖ no answer  call.answered → http://app/')
})

test('a step of a call names its leg and lane', () => {
  const item = { at: 'then', lane: 'sip', summary: '← INVITE' }
  assert.equal(timelineLine(plain, 'A', item), 'then  A  sip      ← INVITE')
})

test('colours are for terminals that want them', () => {
  assert.ok(wantsColour(true, true, {}))
  assert.ok(!wantsColour(false, true, {}), 'a pipe')
  assert.ok(!wantsColour(true, false, {}), '--no-color')
  assert.ok(!wantsColour(true, true, { NO_COLOR: '1' }))
  assert.ok(!wantsColour(true, true, { TERM: 'dumb' }))
  assert.equal(createPaint(true).red('x'), '\u001b[31mx\u001b[39m')
  assert.equal(plain.red('x'), 'x')
})

test('a refusal shows code, title, detail, place and what to do', () => {
  const error = new CliError(exitCodes.refused, 'the server refused with 422', {
    hint: 'Do this.',
    faults: [{ code: '10004', title: 'Missing', detail: 'It is blank.', where: '/to' }],
  })
  assert.equal(
    faultText(plain, error),
    'holdfast: the server refused with 422\n  10004 Missing: It is blank. (/to)\n  Do this.\n',
  )
})

test('every exit code has its meaning written down', () => {
  const explained = exitMeanings.map(([code]) => code)
  for (const code of Object.values(exitCodes)) assert.ok(explained.includes(code), String(code))
})
