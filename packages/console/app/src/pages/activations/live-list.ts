import { useEffect, useRef, useState } from 'preact/hooks'
import type { Api } from '../../api/api.ts'
import type { ActivationSummary } from '../../api/entities.ts'

const PERIOD_MS = 1000
const SLOWEST_MS = 15_000
const PAGE = 200
/** Records become visible some time after they began. */
const OVERLAP_MS = 15_000
const KEPT = 400

export interface Live {
  /** Latest first; each activation once. */
  readonly rows: readonly ActivationSummary[]
  readonly error: Error | undefined
  /** More happen than are shown. */
  readonly isSampled: boolean
}

/**
 * Activations as they happen: asks for the latest each second, while the page can be seen. However many there are, no
 * more than {@link PAGE} are fetched at a time and {@link KEPT} shown.
 */
export function useLiveActivations(api: Api, filter: { readonly name: string; readonly isPaused: boolean }): Live {
  const [live, setLive] = useState<Live>({ rows: [], error: undefined, isSampled: false })
  const known = useRef(new Map<string, ActivationSummary>())
  const { name, isPaused } = filter

  useEffect(() => {
    known.current = new Map()
    setLive({ rows: [], error: undefined, isSampled: false })
  }, [name, api])

  useEffect(() => {
    if (isPaused) return undefined
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let pause = PERIOD_MS
    const round = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          const latest = Math.max(0, ...[...known.current.values()].map(({ start }) => start))
          const since = latest > 0 ? `&since=${latest - OVERLAP_MS}` : ''
          const named = name === '' ? '' : `&name=${encodeURIComponent(name)}`
          const page = await api.get<ActivationSummary[]>(`activations?limit=${PAGE}${since}${named}`, abort.signal)
          setLive({
            rows: take(known, page),
            error: undefined,
            isSampled: latest > 0 && page.length === PAGE && areNew(page, latest),
          })
          pause = PERIOD_MS
        } catch (error) {
          if (abort.signal.aborted) return
          setLive((before) => ({ ...before, error: error instanceof Error ? error : new Error(String(error)) }))
          pause = Math.min(SLOWEST_MS, pause * 2)
        }
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void round(), pause)
    }
    void round()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [api, name, isPaused])
  return live
}

/** A whole page of what came since: there may have been more. */
function areNew(page: readonly ActivationSummary[], latest: number): boolean {
  return page.every(({ start }) => start >= latest - PERIOD_MS)
}

function take(
  known: { current: Map<string, ActivationSummary> },
  page: readonly ActivationSummary[],
): readonly ActivationSummary[] {
  for (const row of page) known.current.set(row.activationId, row)
  const rows = [...known.current.values()].toSorted((left, right) => right.start - left.start).slice(0, KEPT)
  known.current = new Map(rows.map((row) => [row.activationId, row]))
  return rows
}
