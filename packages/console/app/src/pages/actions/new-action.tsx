import { useState } from 'preact/hooks'
import { pathOf } from '../../api/api.ts'
import { useSigned } from '../../parts/context.ts'
import { go, hrefOf } from '../../parts/route.ts'
import { TEMPLATES } from './templates.ts'

export function NewAction({ onCreated }: { readonly onCreated: () => void }) {
  const { api } = useSigned()
  const [name, setName] = useState('')
  const [template, setTemplate] = useState(TEMPLATES[0]!)
  const [error, setError] = useState('')

  const create = async (event: Event): Promise<void> => {
    event.preventDefault()
    setError('')
    const { kind, code, annotations = [] } = template
    try {
      await api.ask('PUT', `actions/${pathOf(name.trim())}`, { exec: { kind, code }, annotations })
      onCreated()
      go('actions', name.trim())
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure))
    }
  }

  return (
    <form class="card form" onSubmit={(event) => void create(event)}>
      <div class="pane-head">
        <h2>New action</h2>
        <a class="button quiet narrow-only" href={hrefOf('actions')}>
          Back
        </a>
      </div>
      <label>
        Name
        <input
          required
          value={name}
          spellcheck={false}
          placeholder="hello, or package/hello"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <fieldset class="templates">
        <legend>Template</legend>
        {TEMPLATES.map((choice) => (
          <label key={choice.id} class="choice">
            <input
              type="radio"
              name="template"
              checked={choice.id === template.id}
              onChange={() => setTemplate(choice)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </fieldset>
      <pre class="preview" tabIndex={0} aria-label="Code of the template">
        {template.code}
      </pre>
      <p class="error" role="alert">
        {error}
      </p>
      <button type="submit" class="primary">
        Create
      </button>
    </form>
  )
}
