// How a command ends, for scripts: one number per kind of end, and the error that carries it. Documented from here.

export const exitCodes = {
  done: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  unwell: 4,
  noCall: 5,
  bug: 70,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [
    0,
    'Done. Also: following was ended with Ctrl-C, or nobody reads the output any more (`| head`).',
  ],
  [
    1,
    'Refused: the server answered with an error, which is shown; a file would be overwritten or cannot be written; an order of `lab --do` was not carried out.',
  ],
  [
    2,
    'The arguments or the configuration file cannot be used, or `start` cannot have a port or its data folder; the fault is shown.',
  ],
  [3, 'The server cannot be reached.'],
  [
    4,
    'Something is not well: `doctor` found a fault, or the server says of itself that it is not ready.',
  ],
  [5, '`phone`: the call did not come about, or what was expected was not heard.'],
  [70, 'A fault in the command line itself.'],
  [130, 'Ended by Ctrl-C before it was done.'],
]

/** One entry of the list in an answer of the API. */
export interface ApiFault {
  readonly code: string
  readonly title: string
  readonly detail: string
  /** Pointer or parameter, or ''. */
  readonly where: string
}

/** What ends a command early; `message` is for people, `hint` says what to do. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  readonly hint: string
  readonly status: number
  readonly faults: readonly ApiFault[]

  constructor(
    exitCode: ExitCode,
    message: string,
    more: {
      readonly hint?: string
      readonly status?: number
      readonly faults?: readonly ApiFault[]
    } = {},
  ) {
    super(message)
    this.exitCode = exitCode
    this.hint = more.hint ?? ''
    this.status = more.status ?? 0
    this.faults = more.faults ?? []
  }
}
