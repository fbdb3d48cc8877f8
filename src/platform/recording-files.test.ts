import assert from 'node:assert/strict'
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { recordingFolder } from './recording-files.ts'

test('a recording that is closed twice does not close what was opened since', () => {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-recordings-'))
  const recording = recordingFolder(path).open('a.wav')
  recording.close()
  const other = openSync(join(path, 'a.wav'), 'r')
  try {
    recording.close()
    assert.equal(fstatSync(other).size, 0)
  } finally {
    closeSync(other)
    rmSync(path, { recursive: true })
  }
})
