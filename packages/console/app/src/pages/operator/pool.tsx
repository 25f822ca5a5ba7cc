import type { ContainerChange } from '@stemcell/console'
import type { ContainerPhase } from '@stemcell/core'
import { useEffect, useRef } from 'preact/hooks'
import type { OperatorModel } from './model.ts'

export const PHASES = ['starting', 'stem', 'initialising', 'hot', 'idle', 'suspended', 'leaving'] as const

const WORDS: Readonly<Record<ContainerPhase, string>> = {
  starting: 'starting',
  stem: 'stem cell',
  initialising: 'initialising',
  hot: 'hot',
  idle: 'idle',
  suspended: 'suspended',
  leaving: 'leaving',
  gone: 'gone',
}

/** More cells than anybody could tell apart are counted instead. */
const MAX_CELLS = 1500
const FLASH_MS = 700

interface Cell {
  readonly element: HTMLElement
  readonly group: string
}

interface Group {
  readonly element: HTMLElement
  readonly cells: HTMLElement
  size: number
}

/**
 * The containers of an invoker, each a cell whose colour is its phase, those of an action together. Cells are changed in
 * place: what did not change is not touched, however often something does.
 */
export class PoolView {
  readonly #host: HTMLElement
  readonly #cells = new Map<number, Cell>()
  readonly #groups = new Map<string, Group>()
  readonly #isCalm = matchMedia('(prefers-reduced-motion: reduce)')

  constructor(host: HTMLElement) {
    this.#host = host
  }

  reset(): void {
    this.#host.replaceChildren()
    this.#cells.clear()
    this.#groups.clear()
  }

  show(container: ContainerChange): void {
    const { id, phase, through = [] } = container
    const group = container.of
      ? container.of.action
      : container.stemKind === undefined
        ? 'being made'
        : `stem cells of ${container.stemKind}`
    let cell = this.#cells.get(id)
    if (phase === 'gone') {
      if (cell) this.#remove(id, cell)
      return
    }
    if (cell && cell.group !== group) {
      this.#remove(id, cell)
      cell = undefined
    }
    if (!cell) {
      if (this.#cells.size >= MAX_CELLS) return
      cell = { element: document.createElement('i'), group }
      this.#cells.set(id, cell)
      const to = this.#group(group)
      to.cells.append(cell.element)
      to.size++
    }
    const { element } = cell
    element.className = `cell phase-${phase}`
    element.title = describe(container)
    const passed = through.filter((other) => other !== phase).at(-1)
    if (passed !== undefined && !this.#isCalm.matches) flash(element, passed)
  }

  #group(name: string): Group {
    let group = this.#groups.get(name)
    if (!group) {
      const element = document.createElement('div')
      const label = document.createElement('span')
      const cells = document.createElement('div')
      element.className = 'pool-group'
      label.className = 'pool-label'
      cells.className = 'cells'
      label.textContent = name
      label.title = name
      element.append(label, cells)
      group = { element, cells, size: 0 }
      this.#groups.set(name, group)
      const after = [...this.#groups.keys()].toSorted()
      const next = this.#groups.get(after[after.indexOf(name) + 1] ?? '')
      this.#host.insertBefore(element, next?.element ?? null)
    }
    return group
  }

  #remove(id: number, { element, group: name }: Cell): void {
    element.remove()
    this.#cells.delete(id)
    const group = this.#groups.get(name)
    if (!group || --group.size > 0) return
    group.element.remove()
    this.#groups.delete(name)
  }
}

/** A phase that is over before it could be seen lights up and fades. */
function flash(element: HTMLElement, phase: ContainerPhase): void {
  const from = getComputedStyle(element).getPropertyValue(`--phase-${phase}`)
  if (from !== '') element.animate([{ backgroundColor: from }, {}], { duration: FLASH_MS, easing: 'ease-out' })
}

function describe({ id, phase, of, memoryMb, active, stemKind }: ContainerChange): string {
  const whose = of ? `${of.action} (${of.kind}) for ${of.namespace}` : (stemKind ?? '')
  return `${WORDS[phase]} · ${whose} · ${memoryMb} MB · container ${id}${active > 0 ? ` · ${active} running` : ''}`
}

interface Props {
  readonly invoker: number
  readonly model: OperatorModel
  /** Counts up with each drawing. */
  readonly round: number
}

export function Pool({ invoker, model, round }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<PoolView | undefined>(undefined)
  const isBehind = useRef(true)
  useEffect(() => {
    view.current ??= new PoolView(host.current!)
    const { current: shown } = view
    if (model.isFresh || isBehind.current) {
      shown.reset()
      for (const container of model.invokers.get(invoker)?.containers.values() ?? []) shown.show(container)
      isBehind.current = false
      return
    }
    for (const change of model.changes.get(invoker) ?? []) shown.show(change)
  }, [round])

  const containers = [...(model.invokers.get(invoker)?.containers.values() ?? [])]
  const counts = PHASES.map((phase) => [phase, containers.filter((one) => one.phase === phase).length] as const)
  const words = counts.filter(([, count]) => count > 0).map(([phase, count]) => `${count} ${WORDS[phase]}`)
  return (
    <>
      <p class="legend phases">
        {counts.map(([phase, count]) => (
          <span key={phase} class={count === 0 ? 'none' : ''}>
            <i class={`cell phase-${phase}`} /> {WORDS[phase]} <b>{count}</b>
          </span>
        ))}
      </p>
      <div
        ref={host}
        class="pool"
        role="img"
        aria-label={`Containers of invoker ${invoker}: ${words.length === 0 ? 'none' : words.join(', ')}`}
      />
      {containers.length > MAX_CELLS && (
        <p class="notice">
          {containers.length} containers, of which {MAX_CELLS} are shown.
        </p>
      )}
    </>
  )
}
