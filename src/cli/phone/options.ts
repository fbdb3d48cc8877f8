// What a person may ask of the phone.

export interface PhoneOptions {
  readonly server?: string
  readonly user: string
  readonly password?: string
  readonly domain?: string
  readonly host?: string
  readonly tcp?: boolean
  readonly register?: boolean
  readonly call?: string
  readonly answerAfter: number
  readonly reject?: number
  readonly say: string
  readonly keys: string
  readonly for?: number
  readonly wait?: number
  readonly expect?: number
  readonly save?: string
  readonly interactive?: boolean
}

/** How long a call that is placed may stay unanswered, unless told otherwise. */
export const ringSecs = 60

/** Orders while it runs, a line each. */
export const orders: readonly (readonly [order: string, meaning: string])[] = [
  ['0-9 * #', 'press these keys'],
  ['say <what>', 'say silence, a frequency such as 440, or a WAV or MP3 file'],
  ['hold', 'put the other side on hold'],
  ['resume', 'end the hold'],
  ['hangup', 'end the call'],
  ['help', 'this list'],
]

/** Telephones carry up to 3400 Hz; below, and above, nothing is heard of a tone. */
const toneMinHz = 100
const toneMaxHz = 3500

/** The frequency in `440`, `440Hz` or `tone:440`; undefined when it is none that a telephone carries. */
export function toneOf(text: string): number | undefined {
  const digits = /^(?:tone:)?(\d+)\s*(?:hz)?$/i.exec(text)?.[1]
  const hz = Number(digits)
  return digits !== undefined && hz >= toneMinHz && hz <= toneMaxHz ? hz : undefined
}
