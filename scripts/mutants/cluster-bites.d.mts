/** Runs seeds with a fault until one breaks a promise; `seed` is the one that did. */
export function bite(
  name: string,
  seeds?: number,
): { readonly seed: number | undefined; readonly rule: string; readonly output: string }
/** All faults, or those named; the exit code. */
export function bites(names: readonly string[]): number
