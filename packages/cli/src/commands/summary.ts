import type { JsonValue } from '../project/model.ts'
import type { Style } from '../terminal/style.ts'

interface Described {
  readonly namespace: string
  readonly name: string
  readonly annotations: readonly { readonly key: string; readonly value: JsonValue }[]
  readonly parameters?: readonly { readonly key: string }[]
}

/** What something is for, and what it takes, by what its annotations say. */
export function summaryLines(kind: string, described: Described, style: Style, indentation = ''): string[] {
  const { namespace, name, annotations, parameters = [] } = described
  const annotation = (key: string): JsonValue | undefined => annotations.find((one) => one.key === key)?.value
  const description = annotation('description') ?? annotation('summary')
  const declared = annotation('parameters')
  const bound = parameters.map(({ key }) => key)
  const names = Array.isArray(declared)
    ? declared.map((one: JsonValue) => String((one as { name?: string } | null)?.name ?? ''))
    : []
  // Those with a value already are marked.
  const all = [...new Set([...names, ...bound])].filter((one) => one !== '').toSorted()
  const shown = all.length === 0 ? 'none defined' : all.map((one) => (bound.includes(one) ? `*${one}` : one)).join(', ')
  const title = `${indentation}${style.bold(kind)} /${namespace}/${name}`
  return [
    typeof description === 'string' ? `${title}: ${description}` : title,
    `${indentation}   (${style.bold('parameters')}: ${shown})`,
  ]
}
