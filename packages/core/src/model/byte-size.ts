const PATTERN = /^\s?(\d+)\s?(GB|MB|KB|B|G|M|K)\s?$/i
const UNITS: Readonly<Record<string, number>> = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/** Bytes of a size such as `1 MB`, `256m` or `1073741824 B`; undefined when it is none. */
export function parseByteSize(text: string): number | undefined {
  const match = PATTERN.exec(text)
  return match ? Number(match[1]) * UNITS[match[2]![0]!.toUpperCase()]! : undefined
}

/** How a size that is known in bytes is written in messages and answers. */
export function formatByteSize(bytes: number): string {
  return `${bytes} B`
}

export const MB: number = 1024 ** 2
