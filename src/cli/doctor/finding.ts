// What the doctor says: how grave, what he saw, and the mend.

export interface Finding {
  readonly about: string
  readonly grade: 'ok' | 'warning' | 'fault'
  readonly says: string
  /** What to do; '' when nothing. */
  readonly mend: string
}

export function well(about: string, says: string): Finding {
  return { about, grade: 'ok', says, mend: '' }
}

export function doubtful(about: string, says: string, mend: string): Finding {
  return { about, grade: 'warning', says, mend }
}

export function broken(about: string, says: string, mend: string): Finding {
  return { about, grade: 'fault', says, mend }
}
