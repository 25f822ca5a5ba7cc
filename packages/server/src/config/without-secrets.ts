const SECRET = /pass(?:word|phrase)?$|secret|token|credential|(?:^|[a-z])keys?$|^auth$/i
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/i

/** A configuration that may be shown: what looks like a secret is `***`, in addresses too. */
export function withoutSecrets(value: unknown, isSecret = false): unknown {
  if (typeof value === 'string') return isSecret ? '***' : value.replace(USER_INFO, '$1***@')
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, isSecret))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, isSecret || SECRET.test(name))]),
  )
}
