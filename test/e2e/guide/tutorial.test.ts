// The tutorials, done: every block of the two pages in its order, with lab phones as the softphones.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { LabSound } from '../../../src/lab/ear.ts'
import type { IncomingCall } from '../../../src/lab/incoming-call.ts'
import type { OutgoingCall } from '../../../src/lab/outgoing-call.ts'
import type { Phone } from '../../../src/lab/phone.ts'
import { createLab, type Lab } from '../../../src/lab/runner.ts'
import { runPage } from '../../support/doc-runner.ts'
import { freePort } from '../../support/free-port.ts'
import { letIn } from '../../support/let-in.ts'
import { patience } from '../../support/patience.ts'

const missing = ['bash', 'curl', 'sed'].filter(
  (name) => spawnSync(name, ['--version']).error !== undefined,
)
const skip = missing.length === 0 ? false : `not installed: ${missing.join(', ')}`
const ready = /holdfast ready|contact centre ready/
const takes = { kind: 'answer', afterMs: 0, before: 'ringing' } as const
const tone = (hz: number) => ({ kind: 'tone', hz }) as const

let lab: Lab
let folder: string
before(async () => {
  lab = createLab('127.0.0.1', patience)
  folder = await mkdtemp(join(tmpdir(), 'holdfast-tutorial-'))
})
after(async () => {
  lab.close()
  await rm(folder, { recursive: true, force: true })
})

interface Ports {
  readonly http: number
  readonly sip: number
  readonly application: number
}

async function ports(): Promise<Ports> {
  return { http: await freePort(), sip: await freePort(), application: await freePort() }
}

function environment({ http, sip }: Ports): Record<string, string> {
  return {
    HOLDFAST_HTTP__PORT: String(http),
    HOLDFAST_SIP__PORT: String(sip),
    HOLDFAST_MEDIA__PORTS: '0',
    HOLDFAST_LOG__LEVEL: 'warn',
    NODE_OPTIONS: '',
  }
}

/** Words or music: anything but silence. */
function hearsSound(call: OutgoingCall): Promise<void> {
  const isSound = ({ kind }: LabSound): boolean => kind !== 'nothing' && kind !== 'silence'
  return call.hearsSuch(isSound, 20_000, 'nothing but silence')
}

test('tutorial: the first queue', { skip, timeout: 300_000 }, async () => {
  const at = await ports()
  const server = { port: at.sip }
  const caller = await lab.phone({ user: 'caller', server, voice: tone(440) })
  const agent = await lab.phone({ user: 'agent', server, voice: tone(1000), answer: takes })
  let call: OutgoingCall | undefined
  let taken: IncomingCall | undefined
  await runPage('docs/tutorial/first-queue.md', {
    ready,
    env: { ...environment(at), HOLDFAST_DATA: join(folder, 'first') },
    replace: new Map([
      ['127.0.0.1:8080', `127.0.0.1:${at.http}`],
      ['sip:agent@127.0.0.1:5070', agent.contactUri],
    ]),
    phones: {
      'call sip:support@127.0.0.1:5060': async () => {
        call = await letIn(caller, 'support')
      },
      'is answered': async () => void (await call?.answered(5_000)),
      'hears something': async () => {
        assert.ok(call)
        await hearsSound(call)
      },
      'agent answers': async () => {
        const incoming = await agent.nextCall(5_000)
        // The server knows, too: the next line is a command to this call.
        await incoming.until(() => incoming.acknowledged, 5_000, 'no ACK')
        taken = incoming
      },
      'they talk': async () => {
        await call?.hears(1000, 5_000)
        await taken?.hears(440, 5_000)
      },
      'the call ends': async () => void (await call?.ended(5_000)),
    },
  })
})

test('tutorial: the first contact centre', { skip, timeout: 300_000 }, async () => {
  const at = await ports()
  const phone = (user: string, hz: number, password?: string) =>
    lab.phone({
      ...{ user, server: { port: at.sip }, domain: 'localhost', voice: tone(hz), answer: takes },
      ...(password === undefined ? {} : { password }),
    })
  const agents = new Map<Phone, number>([
    [await phone('alice', 1000, 'wonderland'), 1000],
    [await phone('bob', 1300, 'builder'), 1300],
  ])
  const customers: OutgoingCall[] = []
  const comesIn = async (): Promise<OutgoingCall> => {
    const customer = await phone(`customer${customers.length}`, 440)
    const call = await letIn(customer, '+15550100')
    await call.answered(20_000)
    customers.push(call)
    return call
  }
  /** The agent whom this customer hears. */
  const talkingTo = async (call: OutgoingCall | undefined): Promise<Phone> => {
    assert.ok(call)
    return Promise.any(
      [...agents].map(async ([agent, hz]) => {
        await call.hears(hz, 20_000)
        return agent
      }),
    )
  }
  let first: Phone | undefined
  await runPage('docs/tutorial/first-contact-centre.md', {
    ready,
    env: environment(at),
    replace: new Map([
      ['127.0.0.1:8080', `127.0.0.1:${at.http}`],
      ['127.0.0.1:9000', `127.0.0.1:${at.application}`],
      ['PORT=9000', `PORT=${at.application}`],
      ['/tmp/centre', join(folder, 'centre')],
    ]),
    phones: {
      'alice and bob register': async () => {
        for (const agent of agents.keys()) assert.equal(await agent.register(), 200)
      },
      'call sip:+15550100@127.0.0.1:5060': async () => void (await comesIn()),
      'an agent answers and they talk': async () => {
        first = await talkingTo(customers[0])
      },
      'three more customers call': async () => {
        const second = await talkingTo(await comesIn())
        assert.notEqual(second, first)
        // Who hears the music is in line; only then the next one calls.
        for (const _ of ['third', 'fourth']) await hearsSound(await comesIn())
      },
      'the first agent hangs up and gets the next customer': async () => {
        first?.liveCalls[0]?.hangUp()
        assert.equal(await talkingTo(customers[2]), first)
      },
    },
  })
})
