import type { Api } from '../../api/api.ts'
import { statusOf, type Activation } from '../../api/entities.ts'
import { startOf } from '../../api/explain.ts'
import { useSigned } from '../../parts/context.ts'
import { Failure } from '../../parts/failure.tsx'
import { duration } from '../../parts/format.ts'
import { hrefOf } from '../../parts/route.ts'
import { Start, Status } from '../../parts/status.tsx'
import { useAsync } from '../../parts/use-async.ts'

const ID = /^[0-9a-f]{32}$/
const MAX_NODES = 60
const MAX_CLIMB = 8

interface Node {
  readonly activation: Activation
  readonly children: readonly Node[]
}

/** What an activation of a sequence or composition consists of, and what it is a part of. */
export function CauseTree({ activation }: { readonly activation: Activation }) {
  const { api } = useSigned()
  const tree = useAsync<Node>(`tree ${activation.activationId}`, async (signal) => {
    let top = activation
    for (let steps = 0; top.cause !== undefined && steps < MAX_CLIMB; steps++) {
      top = await api.get<Activation>(`activations/${top.cause}`, signal)
    }
    return grow(api, top, { left: MAX_NODES }, signal)
  })
  return (
    <section aria-label="Parts">
      <h3>Parts</h3>
      {tree.error && <Failure error={tree.error} onRetry={tree.reload} />}
      {tree.value ? (
        <ul class="tree">
          <Branch node={tree.value} current={activation.activationId} />
        </ul>
      ) : (
        !tree.error && <p class="muted">Loading…</p>
      )}
    </section>
  )
}

function Branch({ node: { activation, children }, current }: { readonly node: Node; readonly current: string }) {
  const { activationId, name, duration: took } = activation
  return (
    <li>
      <span class="facts">
        {activationId === current ? <strong>{name}</strong> : <a href={hrefOf('activations', activationId)}>{name}</a>}
        <Status code={statusOf(activation)} />
        <Start how={startOf(activation)} />
        {took !== undefined && <span class="muted">{duration(took)}</span>}
      </span>
      {children.length > 0 && (
        <ul>
          {children.map((child) => (
            <Branch key={child.activation.activationId} node={child} current={current} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** The log of a sequence or composition names the activations of its parts. */
async function grow(api: Api, activation: Activation, budget: { left: number }, signal: AbortSignal): Promise<Node> {
  const ids = activation.logs.filter((line) => ID.test(line)).slice(0, Math.max(0, budget.left))
  budget.left -= ids.length
  const found = await Promise.all(
    ids.map((id) => api.get<Activation>(`activations/${id}`, signal).catch(() => undefined)),
  )
  const children: Node[] = []
  for (const child of found) if (child) children.push(await grow(api, child, budget, signal))
  return { activation, children }
}
