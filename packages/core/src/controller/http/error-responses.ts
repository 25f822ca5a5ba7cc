/** What a row says of the statuses that it answers with the error object. */
export function errors(...statuses: readonly number[]): Readonly<Record<number, 'ErrorMessage'>> {
  return Object.fromEntries(statuses.map((status) => [status, 'ErrorMessage'] as const))
}
