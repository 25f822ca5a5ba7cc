import { eventually as within } from '@stemcell/conformance'

/** Waits until it holds; what is said when it does not is made at that moment. What `holds` throws is thrown at once. */
export async function eventually(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  let thrown: { readonly error: unknown } | undefined
  const watched = async (): Promise<boolean> => {
    try {
      return await holds()
    } catch (error) {
      thrown = { error }
      return true
    }
  }
  try {
    await within('', { uniqueName: '', patienceMs: timeoutMs }, watched)
  } catch (cause) {
    throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`, { cause })
  }
  if (thrown !== undefined) throw thrown.error
}
