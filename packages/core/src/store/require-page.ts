/**
 * For the stores: checks the page that a caller asks for.
 * @throws TypeError `skip` or `limit` negative or not an integer.
 */
export function requirePage({ skip, limit }: { readonly skip?: number; readonly limit?: number }): void {
  if (skip !== undefined && !isCount(skip)) throw new TypeError('skip must be a non-negative integer')
  if (limit !== undefined && !isCount(limit)) throw new TypeError('limit must be a non-negative integer')
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
