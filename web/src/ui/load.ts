// Data that a page loads from a path, with its trouble in words, and loads again when asked.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Answer } from '../api/client.ts'

export interface Loaded<T> {
  readonly data: T | undefined
  readonly trouble: string
  readonly isLoading: boolean
  reload(): void
}

/** `key` says what is loaded; when it changes, what was there before is dropped. */
export function useLoaded<T>(key: string, load: () => Promise<Answer<T>>): Loaded<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; trouble: string }>({
    ...{ key, data: undefined, trouble: '' },
  })
  const [round, setRound] = useState(0)
  const [isLoading, setLoading] = useState(true)
  const latest = useRef(0)
  useEffect(() => {
    const mine = ++latest.current
    setLoading(true)
    void load().then((answer) => {
      if (mine !== latest.current) return // Another one was started meanwhile.
      setLoading(false)
      if (answer.ok) setState({ key, data: answer.body, trouble: '' })
      else
        setState((old) => ({
          key,
          data: old.key === key ? old.data : undefined,
          trouble: answer.refusal.text,
        }))
    })
  }, [key, round])
  return {
    data: state.key === key ? state.data : undefined,
    trouble: state.trouble,
    isLoading,
    reload: () => setRound((count) => count + 1),
  }
}
