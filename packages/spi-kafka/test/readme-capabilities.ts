import type { QueueCapabilities } from '@stemcell/core'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

/** The capability table of the README, as the conformance kit takes it. */
export function capabilitiesInReadme(): QueueCapabilities {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const cell = (name: string): string => {
    const value = new RegExp(`^\\| \`${name}\` *\\| *([^|]+?) *\\|`, 'm').exec(readme)?.[1]
    assert.ok(value, `the README has no capability '${name}'`)
    return value.replaceAll('`', '')
  }
  const ordering = cell('ordering')
  assert.ok(ordering === 'key' || ordering === 'none')
  return {
    ordering,
    durable: cell('durable') === 'yes',
    byReference: cell('byReference') === 'yes',
    maxBodyBytes: Number(cell('maxBodyBytes').replaceAll(',', '')),
  }
}
