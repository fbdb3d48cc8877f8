// Data that a page loads from a path, with its trouble in words, and loads again when asked.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Answer } from '../api/client.ts'
import { follow, liveState } from '../state/feed.ts'

export interface Loaded<T> {
  readonly data: T | undefined
  readonly trouble: string
  reload(): void
}

/**
 * `key` says what is loaded; when it changes, what was there before is dropped. `againMs`: loaded again so often while
 * somebody looks, and when the server is back; 0: only when asked.
 */
export function useLoaded<T>(key: string, load: () => Promise<Answer<T>>, againMs = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; trouble: string }>({
    ...{ key, data: undefined, trouble: '' },
  })
  const [round, setRound] = useState(0)
  const latest = useRef(0)
  useEffect(() => {
    const mine = ++latest.current
    void load().then((answer) => {
      if (mine !== latest.current) return // Another one was started meanwhile.
      if (answer.ok) setState({ key, data: answer.body, trouble: '' })
      else
        setState((old) => ({
          key,
          data: old.key === key ? old.data : undefined,
          trouble: answer.refusal.text,
        }))
    })
  }, [key, round])
  useEffect(() => {
    if (againMs === 0) return
    const again = (): void => setRound((count) => count + 1)
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && liveState.peek().at === 'live') again()
    }, againMs)
    const unfollow = follow({ onStart: again })
    return () => {
      clearInterval(timer)
      unfollow()
    }
  }, [key, againMs])
  return {
    data: state.key === key ? state.data : undefined,
    trouble: state.trouble,
    reload: () => setRound((count) => count + 1),
  }
}
