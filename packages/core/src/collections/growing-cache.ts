/**
 * Options of an `LRUCache` that holds `entries` at most. Given as its `max`, their number would be the length of arrays that
 * are made at once: megabytes and milliseconds of the start of a server that may never remember that much.
 */
export function growingTo(entries: number): { readonly maxSize: number; readonly sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 }
}
