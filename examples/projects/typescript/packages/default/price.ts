//--param currency EUR
import { format } from '../../lib/format.ts'

interface Arguments {
  readonly amount?: number
  readonly currency: string
}

const TAX_PERCENT = 19

export function main({ amount = 100, currency }: Arguments): { price: string } {
  if (amount < 0) throw new RangeError(`a price of ${amount}`)
  return { price: format(amount * (1 + TAX_PERCENT / 100), currency) }
}
