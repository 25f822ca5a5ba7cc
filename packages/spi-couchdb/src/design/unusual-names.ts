import type { View } from './database-design.ts'

/** The design document that is not OpenWhisk's. */
export const OWN_DESIGN_NAME = 'stemcell'

/**
 * Where keys of a view are `[name, number]`, the same view of those names only that have a character beyond printable
 * ASCII. There are hardly any: OpenWhisk's names have none. But CouchDB takes some of them for equal to others, and then
 * counts them together, by whatever name comes first; with this view they can be told apart.
 */
export function unusualNamesOf({ map }: View): View {
  return {
    map: map.replaceAll('emit(', 'note(').replace(
      '{\n',
      `{
  function note(key) {
    if (/[^ -~]/.test(key[0])) emit(key, null)
  }
`,
    ),
    reduce: '_count',
  }
}

/** The path of that view, given the name under which it is in the own design document. */
export function unusualNamesPath(view: string): string {
  return `/_design/${OWN_DESIGN_NAME}/_view/${view}`
}
