// A link for screens on a wall: whoever opens it may look at everything and change nothing, until it ends.
import { useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import { CopyButton } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Trouble } from '../ui/page.tsx'

const spans = [
  [86_400, 'a day'],
  [7 * 86_400, 'a week'],
  [90 * 86_400, '90 days'],
] as const

export function ReadOnlyLink({ onClose }: { readonly onClose: () => void }) {
  const [secs, setSecs] = useState<number>(spans[1][0])
  const [link, setLink] = useState('')
  const [trouble, setTrouble] = useState('')
  const make = async (): Promise<void> => {
    const answer = await ask<{ data: { url: string } }>('POST', '/v2/read_only_links', {
      expires_in_secs: secs,
    })
    if (!answer.ok) return setTrouble(answer.refusal.text)
    setTrouble('')
    setLink(new URL(answer.body.data.url, location.origin).href)
  }
  return (
    <Dialog title="Read-only link" onClose={onClose}>
      <p>Whoever has it sees what you see, callers' numbers too, and can change nothing.</p>
      <label>
        It works for{' '}
        <select value={secs} onChange={(event) => setSecs(Number(event.currentTarget.value))}>
          {spans.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <Trouble text={trouble} />
      {link === '' ? null : (
        <p class="link-made">
          <input type="text" readOnly value={link} aria-label="The link" />
          <CopyButton text={() => link} label="Copy" />
        </p>
      )}
      <div class="buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
        <button type="button" class="primary" onClick={() => void make()}>
          Make a link
        </button>
      </div>
    </Dialog>
  )
}
