import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { THEME_CHANGED } from '../../parts/theme.tsx'
import type { Series } from './series.ts'

interface Props {
  readonly title: string
  readonly lines: readonly { readonly label: string; readonly colour: string; readonly isFilled?: boolean }[]
  readonly data: Series
  readonly format: (value: number) => string
  readonly isLogarithmic?: boolean
}

const HEIGHT = 150

/** A plot over the last hour. What it shows last is also told in words. */
export function Plot({ title, lines, data, format, isLogarithmic = false }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | undefined>(undefined)
  const latest = useRef(data)
  latest.current = data

  useEffect(() => {
    const element = host.current!
    const make = (): void => {
      plot.current?.destroy()
      const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
      const axis = {
        stroke: colour('--muted'),
        grid: { stroke: colour('--line'), width: 1 },
        ticks: { show: false },
        font: '11px system-ui',
      }
      plot.current = new UPlot(
        {
          width: element.clientWidth,
          height: HEIGHT,
          padding: [8, 4, 0, 0],
          legend: { show: false },
          cursor: { y: false },
          scales: {
            y: {
              range: isLogarithmic ? undefined! : (_, _low, high) => [0, Math.max(1, high * 1.1)],
              ...(isLogarithmic ? { distr: 3 as const } : {}),
            },
          },
          axes: [
            {
              ...axis,
              space: 70,
              size: 26,
              values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toTimeString().slice(0, 5)),
            },
            { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
          ],
          series: [
            {},
            ...lines.map(({ label, colour: name, isFilled }) => ({
              label,
              stroke: colour(name),
              width: 1.5,
              spanGaps: false,
              points: { show: false },
              ...(isFilled ? { fill: `${colour(name)}22` } : {}),
            })),
          ],
        },
        latest.current,
        element,
      )
    }
    make()
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }))
    resized.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', make)
    addEventListener(THEME_CHANGED, make)
    return () => {
      resized.disconnect()
      scheme.removeEventListener('change', make)
      removeEventListener(THEME_CHANGED, make)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [])
  useEffect(() => plot.current?.setData(data), [data])

  const values = lines.map(({ label, colour }, index) => ({ label, colour, value: lastOf(data[index + 1] ?? []) }))
  const words = values.map(({ label, value }) => `${label} ${value === null ? 'none' : format(value)}`).join(', ')
  return (
    <figure class="card plot">
      <figcaption>
        <h3>{title}</h3>
        <span class="legend">
          {values.map(({ label, colour, value }) => (
            <span key={label}>
              <i class={`swatch line-${colour.slice(2)}`} /> {label} <b>{value === null ? '–' : format(value)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={host} role="img" aria-label={`${title}, now: ${words}`} />
    </figure>
  )
}

function lastOf(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null
}
