import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** The second cell of the row that begins with `name` in backticks. */
export function capability(name: string): string {
  const value = new RegExp(`^\\| \`${name}\` *\\| *([^|]+?) *\\|`, 'm').exec(readme)?.[1]
  assert.ok(value, `the README has no capability '${name}'`)
  return value
}

export function capabilityBytes(name: string): number {
  return Number(capability(name).replaceAll(',', ''))
}

/** The default of an option, as its table says. */
export function optionDefault(name: string): string | undefined {
  const cells = new RegExp(`^\\| \`${name}\` *\\|[^|]*\\| *\`?([^\`|]*?)\`? *\\|`, 'm').exec(readme)
  return cells?.[1]?.replaceAll(',', '')
}
