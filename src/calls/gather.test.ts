import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  beginGather,
  gatherDueMs,
  stepGather,
  type Gather,
  type GatherEffect,
  type GatherInput,
  type GatherRules,
  type GatherStep,
} from './gather.ts'

const rules: GatherRules = {
  minimumDigits: 2,
  maximumDigits: 4,
  timeoutMs: 60_000,
  interDigitMs: 3000,
  initialMs: 5000,
  terminatingDigit: '#',
  validDigits: '0123456789*#',
  triesMax: 3,
}

/** A gather driven by hand, from time 0. */
class Run {
  #state: Gather<string> | undefined
  readonly told: string[] = []

  constructor(changed: Partial<GatherRules> = {}, prompt?: string, invalidPrompt?: string) {
    const order = { gatherId: 'g', playbackId: 'p', prompt, invalidPrompt }
    this.#take(beginGather({ ...order, rules: { ...rules, ...changed } }, 0))
  }

  get dueMs(): number | undefined {
    return this.#state && gatherDueMs(this.#state)
  }

  get over(): boolean {
    return this.#state === undefined
  }

  press(digits: string, atMs: number): this {
    for (const digit of digits) this.feed({ kind: 'key', digit }, atMs)
    return this
  }

  feed(input: GatherInput, atMs: number): this {
    assert(this.#state, 'it has ended already')
    this.#take(stepGather(this.#state, input, atMs))
    return this
  }

  /** Lets the time pass until the next deadline. */
  wait(): this {
    assert(this.dueMs !== undefined, 'nothing is due')
    return this.feed({ kind: 'time' }, this.dueMs)
  }

  #take({ state, effects }: GatherStep<string>): void {
    this.#state = state
    this.told.push(...effects.map(say))
  }
}

function say(effect: GatherEffect<string>): string {
  switch (effect.kind) {
    case 'play':
      return `play ${effect.audio} as ${effect.promptId}`
    case 'stop-prompt':
      return `stop ${effect.promptId}`
    case 'ended':
      return `${effect.status} '${effect.digits}'`
  }
}

describe('A gather without a prompt', () => {
  it('ends at the terminating digit, which is not told', () => {
    assert.deepEqual(new Run().press('503#', 1000).told, ["valid '503'"])
  })

  it('ends at the most digits', () => {
    assert.deepEqual(new Run().press('5031', 1000).told, ["valid '5031'"])
  })

  it('is not valid with too few digits before the terminating one', () => {
    assert.deepEqual(new Run().press('5#', 1000).told, ["invalid '5'"])
  })

  it('has no terminating digit when that is empty', () => {
    const run = new Run({ terminatingDigit: '' })
    assert.deepEqual(run.press('5#7#', 1000).told, ["valid '5#7#'"])
  })

  it('ends at once with a key that is not valid', () => {
    assert.deepEqual(new Run({ validDigits: '12' }).press('13', 1000).told, ["invalid '13'"])
  })

  it('waits for the first key as long as it was told to, then between keys', () => {
    const silent = new Run()
    assert.equal(silent.dueMs, 5000)
    assert.deepEqual(silent.wait().told, ["timeout ''"])
    const run = new Run().press('5', 4000)
    assert.equal(run.dueMs, 7000)
    assert.deepEqual(run.press('0', 6000).wait().told, ["valid '50'"])
    assert.deepEqual(new Run().press('5', 4000).wait().told, ["timeout '5'"])
  })

  it('ends when its whole time is over, in the middle of pressing', () => {
    const run = new Run({ timeoutMs: 6000 }).press('5', 4000)
    assert.equal(run.dueMs, 6000)
    assert.deepEqual(run.wait().told, ["timeout '5'"])
  })

  it('is not ended by a deadline that a key has moved', () => {
    const run = new Run().press('5', 4999).feed({ kind: 'time' }, 5000)
    assert.equal(run.over, false)
  })
})

describe('A gather with a prompt', () => {
  it('plays it, and has no deadline meanwhile', () => {
    const run = new Run({}, 'hello')
    assert.deepEqual(run.told, ['play hello as p'])
    assert.equal(run.dueMs, undefined)
  })

  it('stops it at the first key', () => {
    const run = new Run({}, 'hello').press('5', 1000)
    assert.deepEqual(run.told, ['play hello as p', 'stop p'])
    assert.deepEqual(run.press('0#', 1500).told.slice(2), ["valid '50'"])
  })

  it('plays it again after silence, counted from its end, as often as was asked for', () => {
    const run = new Run({}, 'hello', 'wrong').feed({ kind: 'prompt-over' }, 10_000)
    assert.equal(run.dueMs, 70_000)
    run.wait().feed({ kind: 'prompt-over' }, 80_000).wait()
    run.feed({ kind: 'prompt-over' }, 150_000).wait()
    const played = ['play hello as p', 'play hello as p-2', 'play hello as p-3']
    assert.deepEqual(run.told, [...played, "timeout ''"])
  })

  it('says so after a wrong try, and forgets its keys', () => {
    const run = new Run({ validDigits: '12' }, 'hello', 'wrong').press('19', 1000)
    assert.deepEqual(run.told, ['play hello as p', 'stop p', 'play wrong as p-2'])
    run.press('12#', 2000)
    assert.deepEqual(run.told.slice(3), ['stop p-2', "valid '12'"])
  })

  it('plays the prompt itself when there is nothing for wrong tries', () => {
    const run = new Run({}, 'hello').press('5', 1000).wait()
    assert.equal(run.told.at(-1), 'play hello as p-2')
  })

  it('is invalid when the last try was', () => {
    const run = new Run({ triesMax: 2 }, 'hello').press('5#', 1000).press('7#', 2000)
    assert.deepEqual(run.told.slice(-2), ['stop p-2', "invalid '7'"])
  })

  it('ends with a key that completes it during the prompt', () => {
    const run = new Run({ maximumDigits: 1, minimumDigits: 1 }, 'hello').press('5', 1000)
    assert.deepEqual(run.told.slice(1), ['stop p', "valid '5'"])
  })
})

describe('The end of a gather from outside', () => {
  it('stops the prompt and tells what was pressed', () => {
    const run = new Run({}, 'hello').feed({ kind: 'stop', status: 'cancelled' }, 10)
    assert.deepEqual(run.told.slice(1), ['stop p', "cancelled ''"])
    const pressed = new Run().press('5', 1).feed({ kind: 'stop', status: 'cancelled' }, 10)
    assert.deepEqual(pressed.told, ["cancelled '5'"])
  })

  it('leaves the audio of a call that ends to the call', () => {
    const run = new Run({}, 'hello').feed({ kind: 'stop', status: 'call_hangup' }, 10)
    assert.deepEqual(run.told.slice(1), ["call_hangup ''"])
  })
})
