// Begins and ends listening to a call. Where one may not it can still be reached, and says why.
import { tell } from '../state/notices.ts'
import { listening, listenTo, whyNotListen } from './listen.ts'

export interface ListenButtonProps {
  readonly id: string
  /** Whom one would listen to, in words. */
  readonly name: string
  readonly isAlive: boolean
  readonly class?: string
}

export function ListenButton(props: ListenButtonProps) {
  const { id, name, isAlive } = props
  const isHeard = listening.value?.id === id
  const why = whyNotListen()
  return (
    <button
      type="button"
      class={props.class}
      disabled={!isAlive}
      aria-disabled={why !== ''}
      title={why === '' ? undefined : why}
      onClick={() => (why === '' ? listenTo(id, name) : tell(why, true))}
    >
      {isHeard ? 'Stop' : 'Listen'}
      <span class="unseen"> {name}</span>
    </button>
  )
}
