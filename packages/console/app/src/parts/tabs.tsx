import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'

interface Props {
  readonly label: string
  readonly tabs: readonly (readonly [id: string, label: string])[]
  readonly selected: string
  readonly onSelect: (id: string) => void
  readonly children: ComponentChildren
}

/** Tabs as ARIA describes them: arrow keys move between them. */
export function Tabs({ label, tabs, selected, onSelect, children }: Props) {
  const prefix = useId()
  const list = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const at = tabs.findIndex(([id]) => id === selected)
    const [next] = tabs[(at + step + tabs.length) % tabs.length]!
    onSelect(next)
    list.current?.querySelector<HTMLElement>(`#${CSS.escape(`${prefix}-${next}`)}`)?.focus()
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map(([id, text]) => (
          <button
            type="button"
            role="tab"
            key={id}
            id={`${prefix}-${id}`}
            aria-selected={id === selected}
            aria-controls={`${prefix}-panel`}
            tabIndex={id === selected ? 0 : -1}
            onClick={() => onSelect(id)}
          >
            {text}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${prefix}-panel`} aria-labelledby={`${prefix}-${selected}`} class="tab-panel">
        {children}
      </div>
    </>
  )
}
