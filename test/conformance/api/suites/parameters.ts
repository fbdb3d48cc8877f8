// Every parameter of every command against its table: what is refused, with which code and which pointer, and that the ends
// of each range pass. Parameters are looked at before the call is looked up (C63), so none of this needs a call.
import assert from 'node:assert/strict'
import { errorPage, errorsOf, page, type Check } from '../check.ts'
import type { Answer, ConformanceStage, Json } from '../stage.ts'
import { aliases, beyondDescription, operations, type Operation } from './parameter-table.ts'
import { setupOperations } from './setup-table.ts'

interface Parameter {
  readonly name: string
  readonly required: boolean
  readonly kind: string
  readonly least: number | undefined
  readonly most: number | undefined
  readonly values: readonly string[]
  readonly own: string | undefined
}

/** Values that are right for required parameters, by name. */
const right: Json = {
  queue_name: 'parameters',
  max_size: 3,
  connection_id: '1',
  to: '+15550101',
  from: '+15550100',
  cause: 'USER_BUSY',
  sip_address: 'sip:somebody@127.0.0.1',
  payload: '<speak>hello</speak>',
  voice: 'female',
  digits: '1',
  format: 'wav',
  channels: 'single',
  client_state: 'aGk=',
  role: 'barge',
  call_control_id: 'v3:nobody',
  name: 'parameters',
  call_control_ids: ['v3:nobody'],
  supervisor_role: 'none',
  application_name: 'parameters',
  webhook_event_url: 'https://app.example.com/webhooks',
  phone_number: '+15550199',
  connection_name: 'parameters',
  user_name: 'parameters1',
  password: 'parameters1',
}

/** What else makes a request complete: one of several parameters may be needed. */
const company: Readonly<Record<string, Json>> = {
  // Some parameters of a dial need it; it is looked up after all of them.
  calls: { link_to: 'v3:nobody' },
  bridge: { call_control_id: 'v3:nobody-else' },
  // Media encryption is refused for telephone numbers.
  transfer: { to: 'sip:somebody@127.0.0.1' },
  play: { audio_url: 'http://127.0.0.1:1/x.wav' },
  playback_start: { audio_url: 'http://127.0.0.1:1/x.wav' },
  gather_using_audio: { audio_url: 'http://127.0.0.1:1/x.wav' },
}

function parsed(name: string, text: string): Parameter {
  const own = /@(\d{5})/.exec(text)?.[1]
  const [, least, most] = /(\d+)\.\.(\d*)/.exec(text) ?? []
  const values = /(?:enum|choice) (.+?)(?: @|$)/.exec(text)?.[1]?.split('|') ?? []
  const kind = /[a-z]+/.exec(text.replace('!', ''))?.[0] ?? ''
  const number = (digits: string | undefined): number | undefined =>
    digits === undefined || digits === '' ? undefined : Number(digits)
  const required = text.startsWith('!')
  return { name, required, kind, least: number(least), most: number(most), values, own }
}

interface Fault {
  readonly what: string
  readonly value: unknown
  readonly code: string
}

/** What must be refused of one parameter. */
function faultsOf(parameter: Parameter): readonly Fault[] {
  const { kind, least, most, own, required } = parameter
  const faults: Fault[] = []
  const add = (what: string, value: unknown, code: string): void => {
    faults.push({ what, value, code: own ?? code })
  }
  if (required) {
    faults.push({ what: 'missing', value: undefined, code: '10004' })
    if (kind === 'text' || kind === 'number') {
      faults.push({ what: 'empty', value: '', code: '10004' })
    }
  }
  switch (kind) {
    case 'text':
    case 'number':
      add('a number', 7, '10026')
      if (most !== undefined) add(`of ${most + 1} characters`, 'x'.repeat(most + 1), '10025')
      if (kind === 'number') add('no number at all', 'not a number', '10016')
      break
    case 'int':
      add('a text', String(least ?? 1), '10026')
      add('a fraction', (least ?? 1) + 0.5, '10026')
      if (least !== undefined) add(String(least - 1), least - 1, '10033')
      if (most !== undefined) add(String(most + 1), most + 1, '10033')
      break
    case 'bool':
      add('a text', 'true', '10026')
      add('a number', 1, '10026')
      break
    case 'enum':
    case 'choice':
      add('none of its values', 'no-such-value', '10032')
      break
    case 'list':
      add('a text', 'x', '10026')
      break
    case 'object':
      add('a text', 'x', '10026')
      add('a list', [1], '10026')
      break
    case 'state':
      add('no base64', 'not base64!', '10015')
      add('a number', 7, '10026')
      break
    case 'loop':
      for (const value of [0, 101, 'forever', 1.5]) add(JSON.stringify(value), value, '10015')
      break
    default:
      assert.equal(kind, 'lacking')
      add('given', { id: 'x' }, '10015')
  }
  return faults
}

/** What must pass of one parameter: the ends of its range, all its values. */
function passesOf({ kind, least, most, values }: Parameter): readonly unknown[] {
  switch (kind) {
    case 'int':
      return [least, most].filter((end) => end !== undefined)
    case 'enum':
      return values
    case 'bool':
      return [true, false]
    case 'state':
      return ['aGk=', 'aGk', '']
    case 'loop':
      return [1, 100, 'infinity', '5']
    default:
      return []
  }
}

function send(
  stage: ConformanceStage,
  { method, path, parameters }: Operation,
  given: Json,
): Promise<Answer> {
  const body: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(parameters)) {
    if (text.startsWith('!')) body[name] = right[name]
  }
  Object.assign(body, company[path.split('/').at(-1) ?? ''])
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) delete body[name]
    else body[name] = value
  }
  const real = path.replace('{call_control_id}', 'v3:nobody').replace(/\{\w+\}/g, 'nobodys-own')
  return stage.request(method, real, { body })
}

function checksOf(operation: Operation): readonly Check[] {
  const { method, path, title, otherwise, ours } = operation
  const endpoint = `${method} ${path}`
  const short = path.split('/').slice(-1)[0] ?? path
  const label = path.startsWith('/calls/{') && ours === undefined ? short : endpoint
  const source = ours ?? page(title)
  return Object.entries(operation.parameters).flatMap(([name, text]): Check[] => {
    const parameter = parsed(name, text)
    const cites = parameter.kind === 'lacking' ? 'C22' : source
    const refused = faultsOf(parameter).map(({ what, value, code }): Check => ({
      name: `${label}: ${name} ${what} is ${code}`,
      cites: parameter.kind === 'lacking' ? 'C22' : `${source}; ${errorPage(code)}`,
      covers: [endpoint, `${endpoint}#${name}`, `code 422 ${code}`],
      run: async (stage) => {
        const answer = await send(stage, operation, { [name]: value })
        assert.equal(answer.status, 422, answer.text)
        const found = errorsOf(answer).find(({ source }) => source?.pointer === `/${name}`)
        assert.ok(found, `nothing points at /${name}: ${answer.text}`)
        assert.equal(found.code, code, answer.text)
      },
    }))
    const values = passesOf(parameter)
    if (otherwise === undefined || values.length === 0) return refused
    const passed: Check = {
      name: `${label}: ${name} may be ${values.length > 6 ? `any of ${values.length} values` : values.map((one) => JSON.stringify(one)).join(', ')}`,
      cites,
      covers: [
        endpoint,
        `${endpoint}#${name}`,
        ...values.map((value) => `${endpoint}#${name}=${String(value)}`),
        `code ${otherwise.slice(0, 9)}`,
      ],
      run: async (stage) => {
        for (const value of values) {
          const answer = await send(stage, operation, { [name]: value })
          const [error] = errorsOf(answer)
          const pointer: string = otherwise.length > 9 ? ` ${error?.source?.pointer}` : ''
          const found: string = `${answer.status} ${error?.code}${pointer}`
          assert.equal(found, otherwise, `${String(value)}: ${answer.text}`)
        }
      },
    }
    return [...refused, passed]
  })
}

const all: readonly Operation[] = [
  ...operations.map((operation) => {
    const beyond = beyondDescription[`${operation.method} ${operation.path}`]
    return { ...operation, parameters: { ...operation.parameters, ...beyond } }
  }),
  ...aliases,
  ...setupOperations,
]

export const parameterChecks: readonly Check[] = all.flatMap(checksOf)
