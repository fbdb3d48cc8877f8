// A button that puts a text on the clipboard, and says so.
import { tell } from '../state/notices.ts'

export function CopyButton({
  text,
  label,
}: {
  readonly text: () => string
  readonly label: string
}) {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text())
      tell('Copied.')
    } catch {
      tell('The browser does not let this page copy; mark the text and copy it by hand.', true)
    }
  }
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      {label}
    </button>
  )
}
