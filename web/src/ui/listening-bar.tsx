// Says on every page that one listens to a call, to whom, and how loud it is: a caller who is taken leaves the queue's page,
// and is heard on.
import { hrefOf } from '../state/route.ts'
import { level, listening, stopListening } from './listen.ts'
import '../style/listening.css'

export function ListeningBar() {
  const current = listening.value
  if (current === undefined) return null
  const { id, name, isOpen } = current
  return (
    <section class="listening" aria-label="Listening">
      <span role="status">
        {isOpen ? 'Listening to' : 'Connecting to'} <a href={hrefOf('calls', id)}>{name}</a>
      </span>
      <Level />
      <button type="button" onClick={stopListening}>
        Stop listening
      </button>
    </section>
  )
}

/** Of its own, so that ten times a second only this is drawn. */
function Level() {
  return <meter min={0} max={100} value={level.value} aria-label="Level" />
}
