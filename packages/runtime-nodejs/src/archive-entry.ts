/** What an archive holds at one path. `name` is as the archive states it: not yet checked. */
export type ArchiveEntry =
  | { readonly kind: 'file'; readonly name: string; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: 'directory'; readonly name: string }
  | { readonly kind: 'symlink'; readonly name: string; readonly target: string }
  | { readonly kind: 'hardlink'; readonly name: string; readonly target: string }

/** Bytes an archive may unpack to, over all its files. */
export const MAX_UNPACKED_BYTES: number = 512 * 1024 * 1024
export const MAX_ENTRIES = 65_535
