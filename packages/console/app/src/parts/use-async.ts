import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

export interface Loaded<T> {
  readonly value: T | undefined
  readonly error: Error | undefined
  readonly isLoading: boolean
  readonly reload: () => void
}

/** Loads when `key` changes, and again when asked. What is late is dropped. */
export function useAsync<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: Error; isLoading: boolean; key: string }>({
    isLoading: true,
    key,
  })
  const [round, setRound] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const abort = new AbortController()
    setState((before) => (before.key === key ? { ...before, isLoading: true } : { isLoading: true, key }))
    latest.current(abort.signal).then(
      (value) => !abort.signal.aborted && setState({ value, isLoading: false, key }),
      (error: unknown) =>
        !abort.signal.aborted &&
        setState((before) => ({
          ...(before.value === undefined ? {} : { value: before.value }),
          error: error instanceof Error ? error : new Error(String(error)),
          isLoading: false,
          key,
        })),
    )
    return () => abort.abort()
  }, [key, round])
  const reload = useCallback(() => setRound((before) => before + 1), [])
  const mine = state.key === key
  return {
    value: mine ? state.value : undefined,
    error: mine ? state.error : undefined,
    isLoading: state.isLoading,
    reload,
  }
}
