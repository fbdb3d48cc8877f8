// Collecting keys from a caller: one gather of one leg, with or without a prompt. Pure: deadlines are absolute wall
// times, so that they mean the same after a restart; audio is opaque; wishes leave as effects.
//
// What is promised: each gather ends exactly once. A key is judged when it arrives (C101); only silence needs a deadline.

export interface GatherRules {
  readonly minimumDigits: number
  readonly maximumDigits: number
  /** Without a prompt: of the whole gather. With one: of silence from its end to the next try. */
  readonly timeoutMs: number
  readonly interDigitMs: number
  /** Time for the first key, without a prompt. */
  readonly initialMs: number
  /** Empty: none. Not part of the digits. */
  readonly terminatingDigit: string
  readonly validDigits: string
  /** How often it is tried altogether; 1 without a prompt. */
  readonly triesMax: number
}

export interface Gather<Audio> {
  readonly gatherId: string
  readonly rules: GatherRules
  readonly prompt: Audio | undefined
  /** In place of the prompt after a try that was not valid. */
  readonly invalidPrompt: Audio | undefined
  /** Tracks of this gather are named after it. */
  readonly playbackId: string
  readonly digits: string
  /** Tries begun. */
  readonly tries: number
  /** What is being played, until it is over or a key interrupts it. */
  readonly promptId: string | undefined
  /** Wall ms by which the next key must come; undefined during the prompt. */
  readonly keyByMs: number | undefined
  /** Wall ms at which it ends whatever was pressed. */
  readonly endByMs: number | undefined
}

/** Why somebody else ends it; `cancelled_amd`: an answering machine is ready to record. */
export type GatherStop = 'cancelled' | 'cancelled_amd' | 'call_hangup'
export type GatherStatus = 'valid' | 'invalid' | 'timeout' | GatherStop

export type GatherInput =
  | { readonly kind: 'key'; readonly digit: string }
  /** The prompt was played, failed, or was stopped by somebody else. */
  | { readonly kind: 'prompt-over' }
  /** A deadline may have come. */
  | { readonly kind: 'time' }
  | { readonly kind: 'stop'; readonly status: GatherStop }

export type GatherEffect<Audio> =
  | { readonly kind: 'play'; readonly promptId: string; readonly audio: Audio }
  | { readonly kind: 'stop-prompt'; readonly promptId: string }
  | { readonly kind: 'ended'; readonly status: GatherStatus; readonly digits: string }

export interface GatherStep<Audio> {
  /** Undefined: it has ended. */
  readonly state: Gather<Audio> | undefined
  readonly effects: readonly GatherEffect<Audio>[]
}

/** What a gather is begun with. */
export type GatherOrder<Audio> = Pick<
  Gather<Audio>,
  'gatherId' | 'rules' | 'prompt' | 'invalidPrompt' | 'playbackId'
>

/** The beginning: the prompt, or at once the wait for the first key. */
export function beginGather<Audio>(order: GatherOrder<Audio>, nowMs: number): GatherStep<Audio> {
  const { timeoutMs, initialMs } = order.rules
  const fresh = { ...order, digits: '', tries: 0, promptId: undefined }
  if (order.prompt !== undefined) {
    return nextTry({ ...fresh, keyByMs: undefined, endByMs: undefined }, order.prompt)
  }
  return {
    state: { ...fresh, tries: 1, keyByMs: nowMs + initialMs, endByMs: nowMs + timeoutMs },
    effects: [],
  }
}

/** One input at `nowMs`. */
export function stepGather<Audio>(
  state: Gather<Audio>,
  input: GatherInput,
  nowMs: number,
): GatherStep<Audio> {
  switch (input.kind) {
    case 'key':
      return key(state, input.digit, nowMs)
    case 'prompt-over':
      if (state.promptId === undefined) return { state, effects: [] }
      return {
        state: { ...state, promptId: undefined, keyByMs: nowMs + state.rules.timeoutMs },
        effects: [],
      }
    case 'time':
      return time(state, nowMs)
    case 'stop':
      return end(state, input.status)
  }
}

/** When `time` is due, wall ms; undefined while the prompt is played. */
export function gatherDueMs(state: Gather<unknown>): number | undefined {
  const { keyByMs, endByMs } = state
  if (keyByMs === undefined || endByMs === undefined) return keyByMs ?? endByMs
  return Math.min(keyByMs, endByMs)
}

function key<Audio>(state: Gather<Audio>, digit: string, nowMs: number): GatherStep<Audio> {
  const { rules } = state
  if (digit === rules.terminatingDigit) {
    return state.digits.length >= rules.minimumDigits ? end(state, 'valid') : notValid(state)
  }
  const digits = state.digits + digit
  const heard = { ...state, digits }
  if (!rules.validDigits.includes(digit)) return notValid(heard)
  if (digits.length >= rules.maximumDigits) return end(heard, 'valid')
  return {
    state: { ...heard, promptId: undefined, keyByMs: nowMs + rules.interDigitMs },
    effects: interrupted(state),
  }
}

function time<Audio>(state: Gather<Audio>, nowMs: number): GatherStep<Audio> {
  const dueMs = gatherDueMs(state)
  if (dueMs === undefined || nowMs < dueMs) return { state, effects: [] }
  const { rules, digits } = state
  if (digits.length >= rules.minimumDigits) return end(state, 'valid')
  if (digits.length > 0 && state.prompt !== undefined) return notValid(state)
  // Nobody pressed anything, or (without a prompt) not enough in time.
  if (state.prompt === undefined || state.tries >= rules.triesMax) return end(state, 'timeout')
  return nextTry(state, state.prompt)
}

/** Not what was asked for: another try while there is one. */
function notValid<Audio>(state: Gather<Audio>): GatherStep<Audio> {
  const audio = state.invalidPrompt ?? state.prompt
  if (audio === undefined || state.tries >= state.rules.triesMax) return end(state, 'invalid')
  return nextTry(state, audio)
}

function nextTry<Audio>(state: Gather<Audio>, audio: Audio): GatherStep<Audio> {
  const tries = state.tries + 1
  const promptId = tries === 1 ? state.playbackId : `${state.playbackId}-${tries}`
  return {
    state: { ...state, digits: '', tries, promptId, keyByMs: undefined },
    effects: [...interrupted(state), { kind: 'play', promptId, audio }],
  }
}

function end<Audio>(state: Gather<Audio>, status: GatherStatus): GatherStep<Audio> {
  const { digits } = state
  // The end of the call stops its audio by itself, with a status of its own.
  const stopped = status === 'call_hangup' ? [] : interrupted(state)
  return { state: undefined, effects: [...stopped, { kind: 'ended', status, digits }] }
}

function interrupted<Audio>({ promptId }: Gather<Audio>): readonly GatherEffect<Audio>[] {
  return promptId === undefined ? [] : [{ kind: 'stop-prompt', promptId }]
}
