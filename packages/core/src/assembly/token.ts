declare const provides: unique symbol

/** A tsyringe symbol token that remembers what it resolves to; `T` exists only for the compiler. */
export type Token<T> = symbol & { readonly [provides]: T }

/** `Symbol.for`: two installed copies of core still agree on what the queue is. */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`@stemcell/core/${name}`) as Token<T>
}
