import { STATUS_TEXTS } from '../api/entities.ts'

const CLASSES = ['ok', 'app', 'dev', 'sys'] as const

/** How it ended, in colour and in words. */
export function Status({ code }: { readonly code: number }) {
  return <span class={`status ${CLASSES[code] ?? 'sys'}`}>{STATUS_TEXTS[code] ?? `status ${code}`}</span>
}

const STARTS = {
  hot: { label: 'warm', title: 'A container was ready' },
  resumed: { label: 'resumed', title: 'A suspended container was resumed' },
  stemcell: { label: 'stem cell', title: 'A prepared container was initialised' },
  cold: { label: 'cold', title: 'A container was made' },
} as const

export function Start({ how }: { readonly how: keyof typeof STARTS | undefined }) {
  if (how === undefined) return <span class="muted">–</span>
  const { label, title } = STARTS[how]
  return (
    <span class={`start ${how}`} title={title}>
      {label}
    </span>
  )
}
