import type { ConformanceReport } from '@stemcell/conformance'
import { isPlatformError } from '@stemcell/core'

/** What the kit said of one part of an adapter. */
export interface PartReport extends ConformanceReport {
  readonly part: string
  /** Why no kit was run on it. */
  readonly untested?: string
}

export interface AdapterReport {
  readonly adapter: string
  /** Of core, whose contracts these are. */
  readonly version: string
  readonly parts: readonly PartReport[]
}

export function asJson({ adapter, version, parts }: AdapterReport): string {
  const failures = parts.map(({ failed, ...part }) => ({
    ...part,
    failed: failed.map(({ name, error }) => ({ name, error: messageOf(error) })),
  }))
  return JSON.stringify({ adapter, stemcell: version, ok: isOk(parts), parts: failures }, undefined, 2)
}

/** For a terminal: all that needs a look with its reason, and what is well as a number. */
export function asPage({ adapter, version, parts }: AdapterReport): string {
  const lines = [`${adapter}, by the contracts of Stemcell ${version}`]
  for (const { part, passed, failed, skipped, known, untested } of parts) {
    lines.push('', untested === undefined ? `${part}: ${passed.length} kept` : `${part}: not tested: ${untested}`)
    for (const { name, error } of failed) {
      lines.push(
        `  ✗ ${name}`,
        ...messageOf(error)
          .split('\n')
          .map((line) => `      ${line}`),
      )
    }
    for (const { name, issue } of known) lines.push(`  ! ${name}: known to fail, see ${issue}`)
    for (const { name, reason } of skipped) lines.push(`  - ${name}: ${reason}`)
  }
  const count = (list: 'passed' | 'failed' | 'skipped' | 'known'): number =>
    parts.reduce((sum, part) => sum + part[list].length, 0)
  lines.push(
    '',
    `${count('passed')} kept, ${count('failed')} broken, ${count('known')} known to fail, ${count('skipped')} skipped`,
  )
  return lines.join('\n')
}

/** For a README: a badge and a row for each part. */
export function asMarkdown({ version, parts }: AdapterReport): string {
  const tested = parts.filter(({ untested }) => untested === undefined)
  const badges = tested.map(({ part, passed, failed, known }) => {
    const total = passed.length + failed.length + known.length
    const color = failed.length > 0 ? 'red' : known.length > 0 ? 'yellow' : 'brightgreen'
    const label = encodeURIComponent(`Stemcell ${part}`.replaceAll('-', '--').replaceAll('_', '__'))
    return `![${part}: ${passed.length} of ${total}](https://img.shields.io/badge/${label}-${passed.length}%2F${total}-${color})`
  })
  const rows = parts.map(({ part, passed, failed, skipped, known, untested }) =>
    untested === undefined
      ? `| \`${part}\` | ${passed.length} | ${list(failed.map(({ name }) => name))} | ${list(known.map(({ name, issue }) => `[${name}](${issue})`))} | ${skipped.length} |`
      : `| \`${part}\` | – | – | – | not tested: ${untested} |`,
  )
  return [
    '## Conformance',
    '',
    badges.join(' '),
    '',
    `By \`stemcell conformance\` of Stemcell ${version}:`,
    '',
    '| Part | Kept | Broken | Known to fail | Skipped |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '0' : names.join(', ')
}

function isOk(parts: readonly PartReport[]): boolean {
  return parts.every(({ failed }) => failed.length === 0)
}

function messageOf(error: unknown): string {
  if (isPlatformError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
