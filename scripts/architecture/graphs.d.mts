import type { Source } from './source-graph.mjs'

export function packageGraph(sources: readonly Source[]): string
export function roomGraph(sources: readonly Source[]): string
