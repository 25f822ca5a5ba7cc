/**
 * The strides with which a ring of `size` invokers is walked, ascending: 1 and then every number below `size` that has
 * no factor in common with `size` nor with a stride before it. Each visits every place of the ring, and two actions
 * with one home seldom share the rest of their walk.
 *
 * These are 1 and the primes below `size` that do not divide it: a composite number has a prime factor that either
 * divides `size` or is a stride already. So a sieve finds them.
 */
export function coprimeSteps(size: number): number[] {
  const steps = [1]
  const composite = new Uint8Array(Math.max(0, size))
  for (let candidate = 2; candidate < size; candidate++) {
    if (composite[candidate]) continue
    for (let multiple = candidate * candidate; multiple < size; multiple += candidate) composite[multiple] = 1
    if (size % candidate !== 0) steps.push(candidate)
  }
  return steps
}
