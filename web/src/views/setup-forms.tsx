// Making an application or a number known. The fields that every set-up needs; the rest is for the API.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ask, getAll } from '../api/client.ts'
import type { Application } from '../api/types.ts'
import { tell } from '../state/notices.ts'
import { Dialog } from '../ui/dialog.tsx'
import { useLoaded } from '../ui/load.ts'
import { Trouble } from '../ui/page.tsx'

export interface FormProps {
  readonly onClose: () => void
  readonly onMade: () => void
}

interface PostFormProps extends FormProps {
  readonly title: string
  readonly path: string
  readonly bodyOf: (form: FormData) => Readonly<Record<string, unknown>>
  readonly children: ComponentChildren
}

function PostForm({ title, path, bodyOf, children, onClose, onMade }: PostFormProps) {
  const [trouble, setTrouble] = useState('')
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const answer = await ask('POST', path, bodyOf(new FormData(event.currentTarget)))
    if (!answer.ok) return setTrouble(answer.refusal.text)
    tell('Done.')
    onMade()
    onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        <Trouble text={trouble} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Add
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function textOf(form: FormData, name: string): string {
  return String(form.get(name) ?? '').trim()
}

export function NewApplication(props: FormProps) {
  return (
    <PostForm
      {...props}
      title="New application"
      path="/v2/call_control_applications"
      bodyOf={(form) => ({
        application_name: textOf(form, 'name'),
        webhook_event_url: textOf(form, 'url'),
      })}
    >
      <label>
        Name
        <input name="name" required autofocus />
      </label>
      <label>
        Webhooks go to
        <input name="url" type="url" required placeholder="https://example.com/webhooks" />
      </label>
    </PostForm>
  )
}

export function NewNumber(props: FormProps) {
  const applications = useLoaded('applications', () =>
    getAll<Application>('/v2/call_control_applications'),
  )
  return (
    <PostForm
      {...props}
      title="New number"
      path="/v2/phone_numbers"
      bodyOf={(form) => ({
        phone_number: textOf(form, 'number'),
        connection_id: textOf(form, 'application'),
      })}
    >
      <label>
        Number
        <input name="number" required autofocus placeholder="+15550100" />
      </label>
      <label>
        Application that hears of its calls
        <select name="application">
          {applications.data?.map(({ id, application_name: name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </PostForm>
  )
}
