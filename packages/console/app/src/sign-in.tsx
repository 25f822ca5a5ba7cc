import { useEffect, useRef, useState } from 'preact/hooks'
import { Api, ApiError } from './api/api.ts'
import type { Session } from './api/session.ts'

interface Props {
  readonly onSignedIn: (session: Session) => void
  /** The key that was used is not accepted any more; what is on the page stays. */
  readonly isAgain?: boolean
}

export function SignIn({ onSignedIn, isAgain = false }: Props) {
  const [key, setKey] = useState('')
  const [error, setError] = useState('')
  const [isBusy, setBusy] = useState(false)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isAgain) dialog.current?.showModal()
  }, [isAgain])

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const given = key.trim()
    if (!/^[^:\s]+:\S+$/.test(given))
      return setError('A key is UUID:KEY, as in the file auth.guest of the data folder.')
    setBusy(true)
    setError('')
    try {
      const [namespace = '_'] = await new Api(given, () => undefined).get<string[]>('/api/v1/namespaces')
      onSignedIn({ key: given, namespace })
    } catch (failure) {
      setError(
        failure instanceof ApiError && failure.status === 401
          ? 'The server does not know this key.'
          : failure instanceof Error
            ? failure.message
            : String(failure),
      )
    } finally {
      setBusy(false)
    }
  }

  const form = (
    <form class="sign-in" onSubmit={(event) => void submit(event)}>
      <img src="./icon.svg" alt="" width="40" height="40" />
      {isAgain ? <h2>Sign in again</h2> : <h1>Stemcell console</h1>}
      <p class="muted">
        {isAgain
          ? 'Your key is not accepted any more: it has expired or was revoked. What is on the page stays.'
          : 'Sign in with an API key. It stays in this tab and is forgotten with it.'}
      </p>
      <label>
        API key
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="UUID:KEY"
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
          aria-invalid={error !== ''}
          aria-describedby="sign-in-error"
          // Nothing else is on the page.
          autofocus
        />
      </label>
      <p id="sign-in-error" class="error" role="alert">
        {error}
      </p>
      <button type="submit" class="primary" disabled={isBusy}>
        {isBusy ? 'Signing in…' : 'Sign in'}
      </button>
      {!isAgain && (
        <p class="muted small">
          <a href="#/operator">Operator’s page</a>
        </p>
      )}
    </form>
  )
  if (isAgain) return <dialog ref={dialog}>{form}</dialog>
  return <main class="centre-page">{form}</main>
}
