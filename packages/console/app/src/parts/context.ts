import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Api } from '../api/api.ts'

export interface Signed {
  readonly api: Api
  readonly namespace: string
}

export const SignedContext = createContext<Signed | undefined>(undefined)

export function useSigned(): Signed {
  const signed = useContext(SignedContext)
  if (!signed) throw new Error('nobody is signed in')
  return signed
}
