import { annotation, type Trigger } from '../../api/entities.ts'
import { pathOf } from '../../api/api.ts'
import { useSigned } from '../../parts/context.ts'
import { Failure } from '../../parts/failure.tsx'
import { hrefOf } from '../../parts/route.ts'
import { useAsync } from '../../parts/use-async.ts'

const MAX_TRIGGERS = 60
const ROW = 44
const WIDTH = 900
const COLUMNS = [10, 330, 650] as const
const BOX = 240

interface Link {
  readonly rule: string
  readonly action: string
  readonly isActive: boolean
}

interface Fed {
  readonly trigger: string
  readonly feed: string | undefined
  readonly links: readonly Link[]
}

/** Triggers, their rules and the actions that these invoke, as a graph. */
export function FlowPage() {
  const { api, namespace } = useSigned()
  const flow = useAsync<readonly Fed[]>(`flow ${namespace}`, async (signal) => {
    const triggers = await api.get<Trigger[]>('triggers?limit=200', signal)
    return Promise.all(
      triggers.slice(0, MAX_TRIGGERS).map(async ({ name }) => {
        const trigger = await api.get<Trigger>(`triggers/${pathOf(name)}`, signal)
        const feed = annotation(trigger, 'feed')
        return {
          trigger: name,
          feed: typeof feed === 'string' ? feed : undefined,
          links: Object.entries(trigger.rules ?? {}).map(([rule, { action, status }]) => ({
            rule: rule.split('/').at(-1) ?? rule,
            action: [...action.path.split('/').slice(1), action.name].join('/'),
            isActive: status === 'active',
          })),
        }
      }),
    )
  })
  return (
    <section class="page" aria-labelledby="flow-title">
      <div class="pane-head">
        <h1 id="flow-title">Triggers and rules</h1>
        <button type="button" class="quiet" onClick={flow.reload}>
          Reload
        </button>
      </div>
      {flow.error && <Failure error={flow.error} onRetry={flow.reload} />}
      {flow.value?.length === 0 && <p class="muted">There is no trigger in this namespace.</p>}
      {flow.value && flow.value.length > 0 && <Graph fed={flow.value} />}
    </section>
  )
}

function Graph({ fed }: { readonly fed: readonly Fed[] }) {
  const actions = [...new Set(fed.flatMap(({ links }) => links.map(({ action }) => action)))]
  const rows: { readonly fed: Fed; readonly at: number }[] = []
  let height = 0
  for (const each of fed) {
    rows.push({ fed: each, at: height })
    height += Math.max(1, each.links.length) * ROW
  }
  height = Math.max(height, actions.length * ROW)
  const actionStep = height / Math.max(1, actions.length)
  const actionY = (name: string): number => actions.indexOf(name) * actionStep + actionStep / 2
  return (
    <div class="card scroll-x">
      <svg class="graph" viewBox={`0 0 ${WIDTH} ${height + 30}`} role="group" aria-label="Triggers, rules and actions">
        {(['Triggers', 'Rules', 'Actions'] as const).map((label, index) => (
          <text key={label} class="column" x={COLUMNS[index]} y="16">
            {label}
          </text>
        ))}
        <g transform="translate(0 26)">
          {rows.map(({ fed: { trigger, feed, links }, at }) => {
            const middle = at + (Math.max(1, links.length) * ROW) / 2
            return (
              <g key={trigger}>
                {links.map(({ rule, action, isActive }, index) => {
                  const y = at + index * ROW + ROW / 2
                  return (
                    <g key={rule} class={isActive ? '' : 'inactive'}>
                      <path class="edge" d={curve(COLUMNS[0] + BOX, middle, COLUMNS[1], y)} />
                      <path class="edge" d={curve(COLUMNS[1] + BOX, y, COLUMNS[2], actionY(action))} />
                      <Box x={COLUMNS[1]} y={y} text={rule} note={isActive ? '' : 'inactive'} kind="rule" />
                    </g>
                  )
                })}
                <Box
                  x={COLUMNS[0]}
                  y={middle}
                  text={trigger}
                  note={feed === undefined ? '' : `feed ${feed}`}
                  kind="trigger"
                />
              </g>
            )
          })}
          {actions.map((action) => (
            <a key={action} href={hrefOf('actions', action)}>
              <Box x={COLUMNS[2]} y={actionY(action)} text={action} note="" kind="action-box" />
            </a>
          ))}
        </g>
      </svg>
    </div>
  )
}

interface BoxProps {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly note: string
  readonly kind: string
}

function Box({ x, y, text, note, kind }: BoxProps) {
  const hasNote = note !== ''
  return (
    <g class={`box ${kind}`}>
      <title>{hasNote ? `${text}: ${note}` : text}</title>
      <rect x={x} y={y - 17} width={BOX} height="34" rx="7" />
      <text x={x + 12} y={hasNote ? y - 1 : y + 4}>
        {cut(text, 30)}
      </text>
      {hasNote && (
        <text class="note" x={x + 12} y={y + 12}>
          {cut(note, 38)}
        </text>
      )}
    </g>
  )
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = (x2 - x1) / 2
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
