/** Money as people write it. */
export function format(amount: number, currency: string): string {
  return `${amount.toFixed(2)} ${currency}`
}
