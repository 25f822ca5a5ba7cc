import { pathOf } from '../../api/api.ts'
import { statusOf, type ActivationSummary } from '../../api/entities.ts'
import { useSigned } from '../../parts/context.ts'
import { Failure } from '../../parts/failure.tsx'
import { duration, time } from '../../parts/format.ts'
import { useAsync } from '../../parts/use-async.ts'

interface Row {
  readonly version: string
  first: number
  last: number
  count: number
  failed: number
  durations: number[]
}

/** The versions of an action that ran of late: when, how often, how long and how well. */
export function Versions({ name, current }: { readonly name: string; readonly current: string }) {
  const { api } = useSigned()
  const list = useAsync<readonly ActivationSummary[]>(`versions ${name}`, (signal) =>
    api.get(`activations?limit=200&name=${pathOf(name).replaceAll('/', '%2F')}`, signal),
  )
  if (list.error) return <Failure error={list.error} onRetry={list.reload} />
  const rows = new Map<string, Row>()
  for (const activation of list.value ?? []) {
    const { version, start, duration: took = 0 } = activation
    const row = rows.get(version) ?? { version, first: start, last: start, count: 0, failed: 0, durations: [] }
    rows.set(version, row)
    row.first = Math.min(row.first, start)
    row.last = Math.max(row.last, start)
    row.count++
    if (statusOf(activation) !== 0) row.failed++
    row.durations.push(took)
  }
  const sorted = [...rows.values()].toSorted((left, right) => right.last - left.last)
  return (
    <div class="pad scroll-x">
      <p class="muted">
        Version {current} is in force. Of the last {list.value?.length ?? 0} activations:
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">First</th>
            <th scope="col">Last</th>
            <th scope="col" class="num">
              Runs
            </th>
            <th scope="col" class="num">
              Failed
            </th>
            <th scope="col" class="num">
              Median
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(({ version, first, last, count, failed, durations }) => (
            <tr key={version}>
              <th scope="row">{version}</th>
              <td>{time(first)}</td>
              <td>{time(last)}</td>
              <td class="num">{count}</td>
              <td class="num">{failed}</td>
              <td class="num">
                {duration(durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)] ?? 0)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {list.value && sorted.length === 0 && <p class="muted">It has not run yet.</p>}
    </div>
  )
}
