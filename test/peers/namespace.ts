// A network of its own for phones that refuse to live on 127.0.0.1: a network namespace joined to this machine by a pair
// of virtual links. Only the two addresses of the pair exist in it, and nothing leaves it.
import { spawnSync } from 'node:child_process'

export interface Namespace {
  /** This machine's end: where the server listens. */
  readonly serverAddress: string
  /** The other end: where the phones are. */
  readonly phoneAddress: string
  /** A command line that runs inside. */
  inside(command: readonly string[]): readonly string[]
  remove(): void
}

/** Four addresses of 198.18.0.0/15, the range for tests between devices (RFC 2544): another run beside us has others. */
function addressesOf(pid: number): readonly [server: string, phone: string] {
  const first = (pid * 4) % 0x2_0000
  const address = (last: number): string =>
    `198.${18 + (first >> 16)}.${(first >> 8) & 0xff}.${(first & 0xff) + last}`
  return [address(1), address(2)]
}

/** Makes the namespace; a text says why this machine does not allow it. Needs root and CAP_NET_ADMIN. */
export function makeNamespace(): Namespace | string {
  const name = `holdfast-${process.pid}`
  const [serverAddress, phoneAddress] = addressesOf(process.pid)
  const [near, far] = [`hf${process.pid}a`, `hf${process.pid}b`]
  const remove = (): void => {
    // The far link goes with the namespace, and the near one with the far one.
    spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' })
    spawnSync('ip', ['link', 'delete', near], { stdio: 'ignore' })
  }
  const steps = [
    ['netns', 'add', name],
    ['link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name],
    ['address', 'add', `${serverAddress}/30`, 'dev', near],
    ['link', 'set', near, 'up'],
    ['-n', name, 'address', 'add', `${phoneAddress}/30`, 'dev', far],
    ['-n', name, 'link', 'set', far, 'up'],
    ['-n', name, 'link', 'set', 'lo', 'up'],
  ]
  for (const step of steps) {
    const { status, error, stderr } = spawnSync('ip', step, { encoding: 'utf8' })
    if (status === 0) continue
    remove()
    return `ip ${step.join(' ')}: ${error?.message ?? stderr.trim()}`
  }
  process.once('exit', remove)
  return {
    serverAddress,
    phoneAddress,
    inside: (command) => ['ip', 'netns', 'exec', name, ...command],
    remove: () => {
      process.off('exit', remove)
      remove()
    },
  }
}
