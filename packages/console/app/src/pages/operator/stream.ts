import { serverUrl } from '../../api/server-url.ts'
import { basic } from '../../api/session.ts'

export type StreamState = 'connecting' | 'open' | 'waiting' | 'refused'

interface StreamOptions {
  readonly credentials: string
  readonly onEvent: (event: string, data: unknown) => void
  readonly onState: (state: StreamState, reason: string) => void
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000
/** The server says something every second. */
const SILENCE_MS = 8_000

/**
 * The operator stream. Read with `fetch`, as `EventSource` sends no credentials but cookies. Connects again when it
 * breaks; each connection begins with everything there is.
 */
export function listen({ credentials, onEvent, onState }: StreamOptions): () => void {
  const abort = new AbortController()
  let retry: ReturnType<typeof setTimeout> | undefined
  let pause = FIRST_RETRY_MS

  const connect = async (): Promise<void> => {
    onState('connecting', '')
    const connection = new AbortController()
    const stop = (): void => connection.abort()
    abort.signal.addEventListener('abort', stop)
    let silence = setTimeout(stop, SILENCE_MS)
    try {
      const response = await fetch(serverUrl('/console/operator/stream'), {
        headers: { Authorization: basic(credentials) },
        credentials: 'omit',
        signal: connection.signal,
      })
      if (response.status === 401 || response.status === 404) return onState('refused', (await response.text()).trim())
      if (!response.ok || !response.body) throw new Error((await response.text()).trim())
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      for (;;) {
        const { value, done } = await reader.read()
        if (done) throw new Error('the server ended the stream')
        clearTimeout(silence)
        silence = setTimeout(stop, SILENCE_MS)
        text += value
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          emit(text.slice(0, end))
          text = text.slice(end + 2)
        }
      }
    } catch (error) {
      if (abort.signal.aborted) return
      onState('waiting', error instanceof Error ? error.message : String(error))
      retry = setTimeout(() => void connect(), pause)
      pause = Math.min(LONGEST_RETRY_MS, pause * 2)
    } finally {
      clearTimeout(silence)
      abort.signal.removeEventListener('abort', stop)
      connection.abort()
    }
  }

  const emit = (block: string): void => {
    const [, event, data] = /^event: (.+)\ndata: (.*)$/s.exec(block) ?? []
    if (event === undefined || data === undefined) return
    if (event === 'hello') {
      pause = FIRST_RETRY_MS
      onState('open', '')
    }
    onEvent(event, JSON.parse(data))
  }

  void connect()
  return () => {
    abort.abort()
    clearTimeout(retry)
  }
}
