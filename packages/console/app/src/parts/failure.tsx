import { ApiError } from '../api/api.ts'

export function Failure({ error, onRetry }: { readonly error: Error; readonly onRetry?: () => void }) {
  const status = error instanceof ApiError && error.status !== 0 ? ` (${error.status})` : ''
  return (
    <p class="error row" role="alert">
      <span>
        {error.message}
        {status}
      </span>
      {onRetry && (
        <button type="button" class="quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </p>
  )
}
