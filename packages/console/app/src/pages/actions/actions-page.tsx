import { useMemo, useState } from 'preact/hooks'
import { annotation, localName, type Action } from '../../api/entities.ts'
import { useSigned } from '../../parts/context.ts'
import { Failure } from '../../parts/failure.tsx'
import { hrefOf } from '../../parts/route.ts'
import { useAsync } from '../../parts/use-async.ts'
import { ActionView } from './action-view.tsx'
import { NewAction } from './new-action.tsx'

const PAGE = 200

export function ActionsPage({ selected }: { readonly selected: string }) {
  const { api, namespace } = useSigned()
  const [wanted, setWanted] = useState('')
  const list = useAsync<readonly Action[]>(`actions ${namespace}`, async (signal) => {
    const all: Action[] = []
    for (;;) {
      const page = await api.get<Action[]>(`actions?limit=${PAGE}&skip=${all.length}`, signal)
      all.push(...page)
      if (page.length < PAGE || all.length >= 2000) return all
    }
  })
  const shown = useMemo(() => {
    const search = wanted.trim().toLowerCase()
    return (list.value ?? [])
      .filter((action) => localName(action).toLowerCase().includes(search))
      .toSorted((left, right) => localName(left).localeCompare(localName(right)))
  }, [list.value, wanted])
  const isNew = selected === '+'

  return (
    <div class={`split ${selected === '' ? '' : 'has-detail'}`}>
      <section class="list-pane" aria-labelledby="actions-title">
        <div class="pane-head">
          <h1 id="actions-title">Actions</h1>
          <a class="button primary" href={hrefOf('actions', '+')}>
            New
          </a>
        </div>
        <label class="search">
          <span class="hidden">Search actions</span>
          <input
            type="search"
            placeholder="Search"
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        </label>
        {list.error && <Failure error={list.error} onRetry={list.reload} />}
        {list.value && shown.length === 0 && (
          <p class="muted pad">
            {list.value.length === 0 ? 'No action yet. Make one from a template.' : 'Nothing is called so.'}
          </p>
        )}
        <ul class="items">
          {shown.map((action) => {
            const name = localName(action)
            const kind = annotation(action, 'exec')
            return (
              <li key={name}>
                <a href={hrefOf('actions', name)} aria-current={name === selected ? 'true' : undefined}>
                  <strong>{name}</strong>
                  <span class="muted">
                    {typeof kind === 'string' ? kind : ''} · {action.version}
                  </span>
                </a>
              </li>
            )
          })}
        </ul>
      </section>
      <section class="detail-pane" aria-label={isNew ? 'New action' : 'Action'}>
        {isNew ? (
          <NewAction onCreated={list.reload} />
        ) : selected === '' ? (
          <p class="centre muted">Choose an action, or make one.</p>
        ) : (
          <ActionView key={selected} name={selected} onChanged={list.reload} />
        )}
      </section>
    </div>
  )
}
