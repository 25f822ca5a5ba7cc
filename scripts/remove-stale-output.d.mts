/** Files of `dist`, relative to it, whose source is no longer there. */
export function staleOutput(folder: string): string[]
export function removeStaleOutput(): void
