// Signing in with an API key. The key goes to the server once and is kept nowhere in the browser.
import { useState } from 'preact/hooks'
import { sessionTrouble, signIn } from '../state/session.ts'
import { Page, Trouble } from '../ui/page.tsx'

export function SignIn() {
  const [trouble, setTrouble] = useState('')
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const key = String(new FormData(event.currentTarget).get('key') ?? '').trim()
    setBusy(true)
    const refusal = await signIn({ api_key: key })
    setBusy(false)
    if (refusal === undefined) return
    setTrouble(refusal.status === 401 ? 'The server does not know this key.' : refusal.text)
  }
  return (
    <Page title="Sign in">
      <form class="sign-in" onSubmit={(event) => void submit(event)}>
        <label>
          API key
          <input name="key" type="password" autocomplete="current-password" required autofocus />
        </label>
        <button type="submit" class="primary" disabled={isBusy}>
          Sign in
        </button>
        <Trouble text={trouble === '' ? sessionTrouble.value : trouble} />
        <p class="hint">
          One of <code>api_keys</code> of the configuration. A screen on a wall is better served
          with a read-only link, which someone who is signed in can make.
        </p>
      </form>
    </Page>
  )
}
