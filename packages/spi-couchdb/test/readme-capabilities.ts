import type { ActivationStoreCapabilities, DocumentStoreCapabilities } from '@stemcell/core'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

/** The capability table of the README, as the conformance kits take it. */
export function capabilitiesInReadme(): {
  readonly documents: DocumentStoreCapabilities
  readonly activations: ActivationStoreCapabilities
} {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const cell = (name: string): string => {
    const value = new RegExp(`^\\| \`${name}\` *\\| *([^ |]+)`, 'm').exec(readme)?.[1]
    assert.ok(value, `the README has no capability '${name}'`)
    return value
  }
  const bytes = (name: string): number => Number(cell(name).replaceAll(',', ''))
  const durable = cell('durable') === 'yes'
  return {
    documents: {
      durable,
      maxDocumentBytes: bytes('maxDocumentBytes'),
      maxAttachmentBytes: bytes('maxAttachmentBytes'),
    },
    activations: { durable, maxRecordBytes: bytes('maxRecordBytes') },
  }
}
