/** One source: its path below the folder of all packages, and what it imports, resolved likewise where relative. */
export interface Source {
  readonly path: string
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[]
}

export interface Arrow {
  readonly from: string
  readonly to: string
  readonly count: number
}

export function readSources(packages: string): Source[]
export function importsOf(text: string, path: string): Source['imports']
export function arrows(sources: readonly Source[], groupOf: (path: string) => string | undefined): Arrow[]
export function circles(edges: readonly Pick<Arrow, 'from' | 'to'>[]): string[][]
export function packageOf(path: string): string | undefined
export function roomOfCore(path: string): string | undefined
