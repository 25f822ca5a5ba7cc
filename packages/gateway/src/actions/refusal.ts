/** What a caller of `apimgmt` did wrong, in the words that it is told. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
