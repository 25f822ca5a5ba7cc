/** Who is signed in, for this tab only: it ends with it. */
const KEY = 'stemcell.key'
const OPERATOR = 'stemcell.operator'

export interface Session {
  /** `UUID:KEY` */
  readonly key: string
  readonly namespace: string
}

export function keptKey(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined
}

export function keepKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, key)
}

/** `NAME:PASSWORD` of the operator. */
export function keptOperator(): string | undefined {
  return sessionStorage.getItem(OPERATOR) ?? undefined
}

export function keepOperator(credentials: string | undefined): void {
  if (credentials === undefined) sessionStorage.removeItem(OPERATOR)
  else sessionStorage.setItem(OPERATOR, credentials)
}

export function basic(credentials: string): string {
  return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(credentials)))}`
}
