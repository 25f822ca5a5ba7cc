import { useState } from 'preact/hooks'
import { annotation, statusOf, type Activation } from '../../api/entities.ts'
import { startOf } from '../../api/explain.ts'
import { useSigned } from '../../parts/context.ts'
import { Failure } from '../../parts/failure.tsx'
import { duration, time } from '../../parts/format.ts'
import { hrefOf } from '../../parts/route.ts'
import { Start, Status } from '../../parts/status.tsx'
import { useAsync } from '../../parts/use-async.ts'
import { ActivationView } from './activation-view.tsx'
import { useLiveActivations } from './live-list.ts'

export function ActivationsPage({ selected }: { readonly selected: string }) {
  const { api } = useSigned()
  const [name, setName] = useState('')
  const [typed, setTyped] = useState('')
  const [status, setStatus] = useState('')
  const [start, setStart] = useState('')
  const [isPaused, setPaused] = useState(false)
  const { rows, error, isSampled } = useLiveActivations(api, { name, isPaused })
  const shown = rows.filter(
    (row) => (status === '' || String(statusOf(row)) === status) && (start === '' || startOf(row) === start),
  )
  const slowest = Math.max(1, ...shown.map((row) => row.duration ?? 0))

  return (
    <div class={`split wide-list ${selected === '' ? '' : 'has-detail'}`}>
      <section class="list-pane" aria-labelledby="activations-title">
        <div class="pane-head">
          <h1 id="activations-title">Activations</h1>
          <button type="button" class="quiet" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            {isPaused ? 'Paused' : <span class="live">Live</span>}
          </button>
        </div>
        <form
          class="filters"
          onSubmit={(event) => {
            event.preventDefault()
            setName(typed.trim())
          }}
        >
          <label>
            <span class="hidden">Name of the action</span>
            <input
              type="search"
              placeholder="Name, then Enter"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
              onChange={() => setName(typed.trim())}
            />
          </label>
          <label>
            <span class="hidden">How they ended</span>
            <select value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
              <option value="">any end</option>
              <option value="0">success</option>
              <option value="1">application error</option>
              <option value="2">developer error</option>
              <option value="3">internal error</option>
            </select>
          </label>
          <label>
            <span class="hidden">How they started</span>
            <select value={start} onChange={(event) => setStart(event.currentTarget.value)}>
              <option value="">any start</option>
              <option value="hot">warm</option>
              <option value="resumed">resumed</option>
              <option value="stemcell">stem cell</option>
              <option value="cold">cold</option>
            </select>
          </label>
        </form>
        {error && <Failure error={error} />}
        {isSampled && (
          <p class="notice">More happen than are shown: this is a sample, the latest 200 of each second.</p>
        )}
        <div class="scroll">
          <table class="activations">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Action</th>
                <th scope="col">End</th>
                <th scope="col">Start</th>
                <th scope="col" class="num">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.activationId} class={row.activationId === selected ? 'selected' : ''}>
                  <td class="mono nowrap">
                    <a href={hrefOf('activations', row.activationId)} title={row.activationId}>
                      {time(row.start)}
                    </a>
                  </td>
                  <td class="grow">
                    {row.name}
                    {annotation(row, 'causedBy') === 'sequence' && <span class="tag">in a sequence</span>}
                  </td>
                  <td>
                    <Status code={statusOf(row)} />
                  </td>
                  <td>
                    <Start how={startOf(row)} />
                  </td>
                  <td class="num took">
                    {row.duration === undefined ? '–' : duration(row.duration)}
                    <meter min={0} max={slowest} value={row.duration ?? 0} aria-hidden="true" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {shown.length === 0 && !error && (
            <p class="muted pad">Nothing yet. Activations appear here as they happen.</p>
          )}
        </div>
      </section>
      <section class="detail-pane" aria-label="Activation">
        {selected === '' ? <p class="centre muted">Choose an activation.</p> : <Record key={selected} id={selected} />}
      </section>
    </div>
  )
}

function Record({ id }: { readonly id: string }) {
  const { api } = useSigned()
  const loaded = useAsync<Activation>(`activation ${id}`, (signal) =>
    api.get(`activations/${encodeURIComponent(id)}`, signal),
  )
  if (loaded.error) return <Failure error={loaded.error} onRetry={loaded.reload} />
  if (!loaded.value) return <p class="centre muted">Loading…</p>
  return (
    <div class="card pad">
      <p class="narrow-only">
        <a href={hrefOf('activations')}>Back to the list</a>
      </p>
      <ActivationView activation={loaded.value} />
    </div>
  )
}
