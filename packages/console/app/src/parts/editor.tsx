import { useEffect, useRef } from 'preact/hooks'
import type { EditorHandle } from './code-mirror.ts'

export type Language = 'javascript' | 'python' | 'json' | 'text'

interface Props {
  readonly label: string
  readonly language: Language
  /** What is in it at first, and whenever `document` changes. */
  readonly value: string
  /** Which text this is: another one replaces what is there. */
  readonly document: string
  readonly onChange: (value: string) => void
  readonly isReadOnly?: boolean
  readonly isSmall?: boolean
}

/**
 * A code editor. It lives in a shadow root: there its styles are style sheets that scripts made, which the page's
 * Content-Security-Policy allows, and no style elements, which it does not.
 */
export function Editor({ label, language, value, document: of, onChange, isReadOnly = false, isSmall = false }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const handle = useRef<EditorHandle | undefined>(undefined)
  const change = useRef(onChange)
  change.current = onChange
  const latest = useRef(value)
  latest.current = value

  useEffect(() => {
    let isGone = false
    void import('./code-mirror.ts').then(({ createEditor }) => {
      if (isGone || !host.current) return
      const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' })
      root.replaceChildren()
      handle.current = createEditor(root, {
        label,
        language,
        value: latest.current,
        isReadOnly,
        onChange: (text) => change.current(text),
      })
    })
    return () => {
      isGone = true
      handle.current?.destroy()
      handle.current = undefined
    }
  }, [label, language, of, isReadOnly])

  return <div ref={host} class={`editor ${isSmall ? 'small-editor' : ''}`} data-editor={label} />
}
