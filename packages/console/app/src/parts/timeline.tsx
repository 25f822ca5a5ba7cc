import type { Stages } from '../api/entities.ts'
import { duration } from './format.ts'

const STAGES = [
  ['queue', 'queue'],
  ['acquire', 'container'],
  ['init', 'init'],
  ['run', 'run'],
  ['logs', 'logs'],
] as const

/** The stages of an activation, as long as they took. */
export function Timeline({ stages }: { readonly stages: Stages }) {
  const present = STAGES.filter(([stage]) => stages[stage] !== undefined).map(
    ([stage, label]) => [stage, label, Math.max(0, stages[stage] ?? 0)] as const,
  )
  const total = present.reduce((sum, [, , ms]) => sum + ms, 0)
  if (present.length === 0 || total === 0) return null
  let at = 0
  const bars = present.map(([stage, label, ms]) => {
    const bar = { stage, label, ms, x: (at / total) * 100, width: (ms / total) * 100 }
    at += ms
    return bar
  })
  const words = bars.map(({ label, ms }) => `${label} ${duration(ms)}`).join(', ')
  return (
    <figure class="timeline">
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={`Stages: ${words}`}>
        {bars.map(({ stage, x, width }) => (
          <rect key={stage} class={`stage-${stage}`} x={x} width={Math.max(width, 0.4)} height="10" />
        ))}
      </svg>
      <figcaption>
        {bars.map(({ stage, label, ms }) => (
          <span key={stage}>
            <i class={`swatch stage-${stage}`} /> {label} <b>{duration(ms)}</b>
          </span>
        ))}
        <span class="total">
          together <b>{duration(total)}</b>
        </span>
      </figcaption>
    </figure>
  )
}
