// A modal dialog of the browser's own: it keeps the focus, closes on Escape and gives the focus back.
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { tell } from '../state/notices.ts'
import { focusHeading } from '../state/route.ts'
import { Trouble } from './page.tsx'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const isGone = useRef(false)
  const id = useId()
  // At once, not after the next paint: keys that are pressed meanwhile would act behind it.
  useLayoutEffect(() => {
    const before = document.activeElement
    const dialog = element.current
    dialog?.showModal()
    return () => {
      isGone.current = true
      // As long as it is open, nothing behind it can have the focus.
      dialog?.close()
      // What it was opened from may be gone: the row of a caller who was removed.
      if (before instanceof HTMLElement && before.isConnected) before.focus()
      else focusHeading()
    }
  }, [])
  const closed = (): void => {
    if (!isGone.current) onClose()
  }
  return (
    <dialog ref={element} aria-labelledby={id} onClose={closed}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

export interface ConfirmProps {
  readonly title: string
  readonly text: string
  /** What has happened since it was opened; empty: nothing. */
  readonly news?: string
  readonly action: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Something that cannot be taken back. The way out has the focus. */
export function Confirm({ title, text, news = '', action, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <Trouble text={news} />
      <div class="buttons">
        <button type="button" autofocus onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            onConfirm()
            onClose()
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  )
}

export interface FormDialogProps extends DialogProps {
  readonly action: string
  /** As in `Confirm`. */
  readonly news?: string
  /** What went wrong, in words; empty: it is done, and the dialog closes. */
  readonly onSubmit: (textOf: (name: string) => string) => Promise<string>
}

/** Asks for something and does it. A second press while it is being done does nothing. */
export function FormDialog(props: FormDialogProps) {
  const { title, action, news = '', onSubmit, onClose, children } = props
  const [trouble, setTrouble] = useState('')
  const [isBusy, setBusy] = useState(false)
  const isGone = useRef(false)
  useLayoutEffect(() => {
    return () => {
      isGone.current = true
    }
  }, [])
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (isBusy || !(event.currentTarget instanceof HTMLFormElement)) return
    const form = new FormData(event.currentTarget)
    setBusy(true)
    const wrong = await onSubmit((name) => String(form.get(name) ?? '').trim())
    // Closed while it was being done: by now another dialog may be open, which is not this one's to close.
    if (isGone.current) {
      if (wrong !== '') tell(wrong, true)
      return
    }
    setBusy(false)
    setTrouble(wrong)
    if (wrong === '') onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        <Trouble text={news} />
        <Trouble text={trouble} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
