// Making an application or a number known. The fields that every set-up needs; the rest is for the API.
import type { ComponentChildren } from 'preact'
import { ask, getAll } from '../api/client.ts'
import type { Application } from '../api/types.ts'
import { tell } from '../state/notices.ts'
import { FormDialog } from '../ui/dialog.tsx'
import { useLoaded } from '../ui/load.ts'

export interface FormProps {
  readonly onClose: () => void
  readonly onMade: () => void
}

interface PostFormProps extends FormProps {
  readonly title: string
  readonly path: string
  readonly bodyOf: (textOf: (name: string) => string) => Readonly<Record<string, unknown>>
  readonly children: ComponentChildren
}

function PostForm({ title, path, bodyOf, children, onClose, onMade }: PostFormProps) {
  const submit = async (textOf: (name: string) => string): Promise<string> => {
    const answer = await ask('POST', path, bodyOf(textOf))
    if (!answer.ok) return answer.refusal.text
    tell('Done.')
    onMade()
    return ''
  }
  return (
    <FormDialog title={title} action="Add" onClose={onClose} onSubmit={submit}>
      {children}
    </FormDialog>
  )
}

export function NewApplication(props: FormProps) {
  return (
    <PostForm
      {...props}
      title="New application"
      path="/v2/call_control_applications"
      bodyOf={(textOf) => ({
        application_name: textOf('name'),
        webhook_event_url: textOf('url'),
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
      bodyOf={(textOf) => ({
        phone_number: textOf('number'),
        connection_id: textOf('application'),
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
