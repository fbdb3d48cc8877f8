import { parseArgs } from 'node:util'

export interface DemoOptions {
  readonly calls: number
  readonly agents: number
  /** How long callers keep coming in; the demo ends when the last of them is through. */
  readonly seconds: number
  readonly keep: boolean
}

export const usage = `npm run demo -- [--calls N] [--agents N] [--seconds N] [--keep]

  --calls N     callers that come in (default 40, 1 to 500)
  --agents N    robot agents (default 4, 1 to 100)
  --seconds N   time over which the callers come in (default 20, 1 to 600)
  --keep        stay up on ports 8080 and 5060 afterwards, to call in by yourself
`

/** Reads the command line; a string says what is wrong with it. */
export function readOptions(args: readonly string[]): DemoOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        calls: { type: 'string', default: '40' },
        agents: { type: 'string', default: '4' },
        seconds: { type: 'string', default: '20' },
        keep: { type: 'boolean', default: false },
      },
    })
    const calls = inRange('calls', values.calls, 500)
    const agents = inRange('agents', values.agents, 100)
    const seconds = inRange('seconds', values.seconds, 600)
    return { calls, agents, seconds, keep: values.keep }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function inRange(name: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new RangeError(`--${name} must be a whole number from 1 to ${max}, not ${text}`)
}
