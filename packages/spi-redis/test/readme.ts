import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

function section(title: string): string {
  const text = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`))
  assert.ok(text, `the README has no section '${title}'`)
  return text
}

/** The cell at `index` of the row that begins with `name` in backticks. */
function cell(text: string, name: string, index: number): string | undefined {
  const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\` `))
  return row?.split('|')[index + 1]?.trim().replaceAll('`', '')
}

export function capability(name: string): string {
  const value = cell(section('Capabilities'), name, 1)
  assert.ok(value, `the README has no capability '${name}'`)
  return value
}

export function capabilityBytes(name: string): number {
  return Number(capability(name).replaceAll(',', ''))
}

/** The default of an option, as its table says. */
export function optionDefault(name: string): string | undefined {
  return cell(section('Options'), name, 2)?.replaceAll(',', '')
}
