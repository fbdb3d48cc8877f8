import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isOpen,
  isRunning,
  recordingInputs,
  recordingStates,
  stepRecording,
  type RecordingAt,
  type RecordingStepInput,
} from './recording.ts'

const table: Readonly<Record<RecordingAt, Readonly<Record<RecordingStepInput, string>>>> = {
  recording: {
    pause: 'paused pause',
    resume: 'recording -',
    stop: 'closing stop',
    closed: 'saved saved',
    broken: 'failed failed',
  },
  paused: {
    pause: 'paused -',
    resume: 'recording resume',
    stop: 'closing stop',
    closed: 'saved saved',
    broken: 'failed failed',
  },
  closing: {
    pause: 'closing -',
    resume: 'closing -',
    stop: 'closing -',
    closed: 'saved saved',
    broken: 'failed failed',
  },
  saved: {
    pause: 'saved -',
    resume: 'saved -',
    stop: 'saved -',
    closed: 'saved -',
    broken: 'saved -',
  },
  failed: {
    pause: 'failed -',
    resume: 'failed -',
    stop: 'failed -',
    closed: 'failed -',
    broken: 'failed -',
  },
}

test('every state and input of a recording', () => {
  for (const at of recordingStates) {
    for (const input of recordingInputs) {
      const step = stepRecording(at, input)
      assert.equal(`${step.at} ${step.effect ?? '-'}`, table[at][input], `${at} × ${input}`)
    }
  }
})

test('a recording is told once, whatever comes after its end', () => {
  for (const end of ['closed', 'broken'] as const) {
    let at: RecordingAt = 'recording'
    let told = 0
    for (const input of ['pause', 'stop', end, 'closed', 'broken', 'stop', 'resume'] as const) {
      const step = stepRecording(at, input)
      at = step.at
      if (step.effect === 'saved' || step.effect === 'failed') told += 1
    }
    assert.equal(told, 1)
    assert.equal(isOpen(at), false)
    assert.equal(isRunning(at), false)
  }
})
