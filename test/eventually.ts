import { eventually as within } from '@stemcell/conformance'

/** Waits until it holds; what is said when it does not is made at that moment. */
export async function eventually(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  try {
    await within('', { uniqueName: '', patienceMs: timeoutMs }, holds)
  } catch (cause) {
    throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`, { cause })
  }
}
