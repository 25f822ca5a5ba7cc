import { useEffect, useState } from 'preact/hooks'
import { pathOf } from '../../api/api.ts'
import { annotation, type Action } from '../../api/entities.ts'
import { serverUrl } from '../../api/server-url.ts'
import { useSigned } from '../../parts/context.ts'
import { Editor } from '../../parts/editor.tsx'
import { Failure } from '../../parts/failure.tsx'
import { go, hrefOf } from '../../parts/route.ts'
import { Tabs } from '../../parts/tabs.tsx'
import { useAsync } from '../../parts/use-async.ts'
import { bodyOf, draftOf, type Draft } from './draft.ts'
import { Invoke } from './invoke.tsx'
import { languageOf } from './templates.ts'
import { Versions } from './versions.tsx'

const TABS = [
  ['code', 'Code'],
  ['parameters', 'Parameters'],
  ['limits', 'Limits'],
  ['versions', 'Versions'],
] as const

interface Props {
  readonly name: string
  readonly onChanged: () => void
}

export function ActionView({ name, onChanged }: Props) {
  const { api, namespace } = useSigned()
  const loaded = useAsync<Action>(`action ${name}`, (signal) => api.get(`actions/${pathOf(name)}`, signal))
  const [action, setAction] = useState<Action>()
  const [draft, setDraft] = useState<Draft>()
  const [tab, setTab] = useState('code')
  const [said, setSaid] = useState<{ readonly text: string; readonly isError: boolean }>()
  useEffect(() => {
    if (!loaded.value) return
    setAction(loaded.value)
    setDraft(draftOf(loaded.value))
  }, [loaded.value])

  if (loaded.error && !action) return <Failure error={loaded.error} onRetry={loaded.reload} />
  if (!action || !draft) return <p class="centre muted">Loading…</p>

  const isChanged = JSON.stringify(draft) !== JSON.stringify(draftOf(action))
  const edit = (change: Partial<Draft>): void => setDraft({ ...draft, ...change })

  const save = async (): Promise<boolean> => {
    try {
      const body = bodyOf(draft, action)
      await api.ask('PUT', `actions/${pathOf(name)}?overwrite=true`, body)
      const fresh = await api.get<Action>(`actions/${pathOf(name)}`)
      setAction(fresh)
      // What was typed meanwhile stays.
      setDraft((now) => (now && JSON.stringify(now) !== JSON.stringify(draft) ? now : draftOf(fresh)))
      setSaid({ text: `Saved as version ${fresh.version}.`, isError: false })
      onChanged()
      return true
    } catch (error) {
      setSaid({ text: error instanceof Error ? error.message : String(error), isError: true })
      return false
    }
  }

  const remove = async (): Promise<void> => {
    if (!confirm(`Delete ${name}?`)) return
    try {
      await api.ask('DELETE', `actions/${pathOf(name)}`)
      onChanged()
      go('actions')
    } catch (error) {
      setSaid({ text: error instanceof Error ? error.message : String(error), isError: true })
    }
  }

  const [first, second] = name.split('/')
  const webPath = second === undefined ? `default/${encodeURIComponent(first!)}` : pathOf(name)
  const webUrl = serverUrl(`/api/v1/web/${encodeURIComponent(namespace)}/${webPath}`)
  const isSequence = action.exec.components !== undefined
  const description = annotation(action, 'description')

  return (
    <div
      class="action"
      onKeyDown={(event) => {
        if ((event.ctrlKey || event.metaKey) && event.key === 's') {
          event.preventDefault()
          void save()
        }
      }}
    >
      <div class="pane-head">
        <div>
          <h2 class="name">{name}</h2>
          <p class="muted facts">
            <span>{draft.kind}</span>
            <span>version {action.version}</span>
            {action.updated !== undefined && <span>{new Date(action.updated).toLocaleString('en-GB')}</span>}
          </p>
        </div>
        <div class="row">
          <a class="button quiet narrow-only" href={hrefOf('actions')}>
            Back
          </a>
          <button type="button" class="quiet danger" onClick={() => void remove()}>
            Delete
          </button>
          <button type="button" class="primary" disabled={!isChanged} onClick={() => void save()}>
            Save
          </button>
        </div>
      </div>
      {typeof description === 'string' && <p class="muted">{description}</p>}
      <p class={said?.isError ? 'error' : 'said'} role="status">
        {said?.text ?? ''}
      </p>
      <div class="action-columns">
        <div class="card code-card">
          <Tabs label="Parts of the action" tabs={TABS} selected={tab} onSelect={setTab}>
            {tab === 'code' &&
              (isSequence ? (
                <ol class="components">
                  {action.exec.components?.map((component, index) => (
                    <li key={index}>{component}</li>
                  ))}
                </ol>
              ) : draft.isCodeEditable ? (
                <Editor
                  label="Code"
                  language={languageOf(draft.kind)}
                  document={`${name} code`}
                  value={draft.code}
                  onChange={(code) => edit({ code })}
                />
              ) : (
                <p class="muted pad">The code of this action is an archive or an image; it cannot be edited here.</p>
              ))}
            {tab === 'parameters' && (
              <Editor
                label="Default parameters, as JSON"
                language="json"
                document={`${name} parameters`}
                value={draft.parameters}
                onChange={(parameters) => edit({ parameters })}
              />
            )}
            {tab === 'limits' && (
              <div class="form pad">
                <div class="grid">
                  {(
                    [
                      ['timeout', 'Time limit, ms'],
                      ['memory', 'Memory, MB'],
                      ['logs', 'Log, MB'],
                      ['concurrency', 'Runs at once in a container'],
                    ] as const
                  ).map(([limit, label]) => (
                    <label key={limit}>
                      {label}
                      <input
                        inputMode="numeric"
                        value={draft[limit]}
                        onInput={(event) => edit({ [limit]: event.currentTarget.value })}
                      />
                    </label>
                  ))}
                </div>
                <label class="choice">
                  <input
                    type="checkbox"
                    checked={draft.isWeb}
                    onChange={(event) => edit({ isWeb: event.currentTarget.checked })}
                  />
                  <span>May be called over the web, by anybody</span>
                </label>
                {draft.isWeb && (
                  <p>
                    <a href={webUrl} target="_blank" rel="noreferrer">
                      {webUrl}
                    </a>
                  </p>
                )}
                <p class="label">Annotations</p>
                <Editor
                  isSmall
                  label="Annotations, as JSON"
                  language="json"
                  document={`${name} annotations`}
                  value={draft.annotations}
                  onChange={(annotations) => edit({ annotations })}
                />
              </div>
            )}
            {tab === 'versions' && <Versions name={name} current={action.version} />}
          </Tabs>
        </div>
        <Invoke name={name} isChanged={isChanged} save={save} />
      </div>
    </div>
  )
}
