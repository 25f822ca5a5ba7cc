/**
 * A source with one change, whose place must be there exactly once.
 * @param {string} source
 * @param {import('./mutants.mjs').Mutant} mutant
 */
export function mutated(source, { name, file, find, replace }) {
  const [before, after, ...more] = source.split(find)
  if (before === undefined || after === undefined || more.length > 0) {
    const found = more.length + (after === undefined ? 0 : 1)
    throw new Error(`mutant '${name}': what it changes is in ${file} ${found} times, not once`)
  }
  return before + replace + after
}
