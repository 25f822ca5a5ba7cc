import { eventually as within } from '@stemcell/conformance'

/** Waits until the predicate holds; what is said when it does not is made at that moment. */
export async function eventually(
  what: string | (() => string),
  predicate: () => boolean | Promise<boolean>,
  patienceMs = 15_000,
): Promise<void> {
  try {
    await within('', { uniqueName: '', patienceMs }, predicate)
  } catch (cause) {
    throw new Error(`not within ${patienceMs} ms: ${typeof what === 'string' ? what : what()}`, { cause })
  }
}
