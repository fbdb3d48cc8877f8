// `holdfast lab` as a person starts it: traffic comes, orders are carried out, and at the end everything is gone.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'

interface Said {
  readonly code: number | null
  readonly lines: readonly {
    readonly event: string
    readonly text: string
    readonly came?: number
  }[]
  readonly errors: string
}

function holdfast(args: readonly string[], input: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['bin/holdfast.cjs', '--json', ...args])
    let out = ''
    let errors = ''
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      const lines = out.split('\n').filter((line) => line !== '')
      resolve({
        code,
        errors,
        lines: lines.map((line) => JSON.parse(line) as Said['lines'][number]),
      })
    })
    child.stdin.end(input)
  })
}

test('orders of flags and of the input are carried out, wrong ones are told', async () => {
  const orders = ['skip 10m', 'drop call.answered 2', 'lose bye in', 'one-way out', 'status']
  const input = 'clear\nkill\nstatus\nlose it\ndance\ndrop answered\nreset\nrate 3\nquit\nskip 1h\n'
  const flags = ['--agents', 'anna', '--rate', '60', ...orders.flatMap((one) => ['--do', one])]
  const { code, lines, errors } = await holdfast(['lab', ...flags], input)
  assert.equal(code, 0, errors)
  const texts = lines.map(({ event, text }) => `${event} ${text}`)
  const has = (part: RegExp): void =>
    assert.ok(
      texts.some((text) => part.test(text)),
      `${part}\n${texts.join('\n')}`,
    )
  has(/^ready http:\/\/127\.0\.0\.1:\d+\/v2 .* SIP 127\.0\.0\.1:\d+$/)
  has(/^done 10m later/)
  has(/^done .*; (10:0\d|9:5\d) ahead; drop webhook .*, lose sip .*, one way audio /)
  has(/^done .*; (10:0\d|9:5\d) ahead; no faults/)
  has(/^done killed and started again/)
  has(/^refused lose ack or bye/)
  has(/^refused no such order: dance/)
  has(/^refused "answered" is neither the type of an event/)
  has(/^done 3 callers in a minute/)
  has(/^over /)
  assert.equal(texts.filter((text) => text.includes('1h later')).length, 0, 'quit ends it')
})

test('callers come at the rate that was asked for, and give up', async () => {
  const args = ['lab', '--rate', '300', '--patience', 'fixed:0.1', '--for', '8', '--seed', '7']
  const { code, lines, errors } = await holdfast(args, '')
  assert.equal(code, 0, errors)
  const over = lines.find(({ event }) => event === 'over')
  assert.ok(Number(over?.came) >= 5, JSON.stringify(lines))
})

test('a rehearsal whose orders cannot be carried out is a failed one', async () => {
  const { code, lines, errors } = await holdfast(['lab', '--for', '1', '--do', 'dance'], '')
  assert.equal(code, 1)
  assert.ok(lines.some(({ event, text }) => event === 'refused' && text.includes('dance')))
  assert.match(errors, /--do \\"dance\\" was not carried out/)
})

test('a spread that is none ends with the usage', async () => {
  const { code, errors } = await holdfast(['lab', '--patience', 'long'], '')
  assert.equal(code, 2)
  assert.match(errors, /exponential:90/)
})
