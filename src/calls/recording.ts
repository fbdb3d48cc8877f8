// One recording, from its start to its file. Pure: the sound and the file are the recorder's, wishes leave as effects.
//
// What is promised: each recording has exactly one end, `saved` or `failed`, told when its file is closed, whoever
// stopped it: a command, the end of the call, its length, silence, a full disk.

export type RecordingAt = 'recording' | 'paused' | 'closing' | 'saved' | 'failed'

export const recordingStates: readonly RecordingAt[] = [
  ...(['recording', 'paused', 'closing', 'saved', 'failed'] as const),
]

export type RecordingStepInput =
  | 'pause'
  | 'resume'
  /** By command, or because the call or the conference is over. */
  | 'stop'
  /** The recorder has closed the file. */
  | 'closed'
  /** The recorder could not write. */
  | 'broken'

export const recordingInputs: readonly RecordingStepInput[] = [
  ...(['pause', 'resume', 'stop', 'closed', 'broken'] as const),
]

/** The first three go to the recorder, the last two are told. */
export type RecordingEffect = 'pause' | 'resume' | 'stop' | 'saved' | 'failed'

export interface RecordingStep {
  readonly at: RecordingAt
  readonly effect: RecordingEffect | undefined
}

/** One input; what changes nothing (a pause of a paused recording, anything after the end) is normal. */
export function stepRecording(at: RecordingAt, input: RecordingStepInput): RecordingStep {
  switch (at) {
    case 'recording':
      if (input === 'pause') return { at: 'paused', effect: 'pause' }
      if (input === 'resume') return stay(at)
      return stepOpen(input)
    case 'paused':
      if (input === 'resume') return { at: 'recording', effect: 'resume' }
      if (input === 'pause') return stay(at)
      return stepOpen(input)
    case 'closing':
      return input === 'closed' || input === 'broken' ? stepOpen(input) : stay(at)
    case 'saved':
    case 'failed':
      return stay(at)
  }
}

/** Neither saved nor failed yet. */
export function isOpen(at: RecordingAt): boolean {
  return at === 'recording' || at === 'paused' || at === 'closing'
}

/** A command can still stop, pause or resume it. */
export function isRunning(at: RecordingAt): boolean {
  return at === 'recording' || at === 'paused'
}

function stepOpen(input: 'stop' | 'closed' | 'broken'): RecordingStep {
  switch (input) {
    case 'stop':
      return { at: 'closing', effect: 'stop' }
    case 'closed':
      return { at: 'saved', effect: 'saved' }
    case 'broken':
      return { at: 'failed', effect: 'failed' }
  }
}

function stay(at: RecordingAt): RecordingStep {
  return { at, effect: undefined }
}
