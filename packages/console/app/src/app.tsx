import { lazy, Suspense } from 'preact/compat'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Api } from './api/api.ts'
import { keepKey, keptKey, type Session } from './api/session.ts'
import { SignedContext } from './parts/context.ts'
import { hrefOf, useRoute } from './parts/route.ts'
import { SignIn } from './sign-in.tsx'
import { ThemeButton } from './parts/theme.tsx'

const Actions = lazy(() => import('./pages/actions/actions-page.tsx').then((m) => ({ default: m.ActionsPage })))
const Activations = lazy(() =>
  import('./pages/activations/activations-page.tsx').then((m) => ({ default: m.ActivationsPage })),
)
const Flow = lazy(() => import('./pages/flow/flow-page.tsx').then((m) => ({ default: m.FlowPage })))
const Schedules = lazy(() => import('./pages/schedules/schedules-page.tsx').then((m) => ({ default: m.SchedulesPage })))
const Operator = lazy(() => import('./pages/operator/operator-page.tsx').then((m) => ({ default: m.OperatorPage })))

const PAGES = [
  { id: 'actions', label: 'Actions', icon: 'M4 5h16M4 12h10M4 19h7' },
  { id: 'activations', label: 'Activations', icon: 'M3 12h4l3-8 4 16 3-8h4' },
  { id: 'flow', label: 'Triggers', icon: 'M5 6h4v4H5zM15 14h4v4h-4zM9 8h5a3 3 0 0 1 3 3v3' },
  { id: 'schedules', label: 'Schedules', icon: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2' },
  { id: 'operator', label: 'Operator', icon: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z' },
] as const

export function App() {
  const [session, setSession] = useState<Session>()
  const [isExpired, setExpired] = useState(false)
  const [isRestoring, setRestoring] = useState(() => keptKey() !== undefined)
  const { page, rest } = useRoute()

  const signIn = useCallback((next: Session) => {
    keepKey(next.key)
    setExpired(false)
    setSession(next)
  }, [])
  const signOut = useCallback(() => {
    keepKey(undefined)
    setSession(undefined)
    setExpired(false)
  }, [])

  useEffect(() => {
    const key = keptKey()
    if (key === undefined) return
    new Api(key, () => keepKey(undefined))
      .get<string[]>('/api/v1/namespaces')
      .then(([namespace = '_']) => setSession({ key, namespace }))
      .catch(() => undefined)
      .finally(() => setRestoring(false))
  }, [])

  const signed = useMemo(
    () => session && { api: new Api(session.key, () => setExpired(true)), namespace: session.namespace },
    [session],
  )
  useEffect(() => {
    const label = PAGES.find(({ id }) => id === page)?.label ?? 'Console'
    document.title = `${label} · Stemcell`
  }, [page])

  const isOperatorPage = page === 'operator'
  if (isRestoring) return <p class="centre muted">Signing in…</p>
  if (!signed && !isOperatorPage) return <SignIn onSignedIn={signIn} />
  return (
    <SignedContext.Provider value={signed}>
      <a class="skip" href="#main" onClick={(event) => focusMain(event)}>
        Skip to the content
      </a>
      <div class="frame">
        <header class="side">
          <p class="brand">
            <img src="./icon.svg" alt="" width="24" height="24" /> <span>Stemcell</span>
          </p>
          <nav aria-label="Pages">
            {PAGES.map(({ id, label, icon }) => (
              <a href={hrefOf(id)} aria-current={page === id ? 'page' : undefined} key={id}>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d={icon} />
                </svg>
                <span>{label}</span>
              </a>
            ))}
          </nav>
          <div class="who">
            {session ? (
              <p>
                <span class="muted">namespace</span>
                <strong title={session.namespace}>{session.namespace}</strong>
              </p>
            ) : (
              <p class="muted">not signed in</p>
            )}
            <div class="row">
              <ThemeButton />
              {session ? (
                <button type="button" class="quiet" onClick={signOut}>
                  Sign out
                </button>
              ) : (
                <a class="button quiet" href={hrefOf('actions')}>
                  Sign in
                </a>
              )}
            </div>
          </div>
        </header>
        <main id="main" tabIndex={0}>
          <Suspense fallback={<p class="centre muted">Loading…</p>}>
            {page === 'activations' ? (
              <Activations selected={rest} />
            ) : page === 'flow' ? (
              <Flow />
            ) : page === 'schedules' ? (
              <Schedules />
            ) : page === 'operator' ? (
              <Operator />
            ) : (
              <Actions selected={rest} />
            )}
          </Suspense>
        </main>
      </div>
      {isExpired && <SignIn onSignedIn={signIn} isAgain />}
    </SignedContext.Provider>
  )
}

function focusMain(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}
