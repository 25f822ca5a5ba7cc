import type { ActivationStoreCapabilities, DocumentStoreCapabilities, QueueCapabilities } from '@stemcell/core'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { z } from '@stemcell/core/schema'

/** What the README of an adapter says in the tables of its sections 'Capabilities' and 'Options'. */
export class ReadmeTables {
  readonly #text: string

  constructor(readme: URL) {
    this.#text = readFileSync(readme, 'utf8')
  }

  capability(name: string): string {
    const value = this.#cell('Capabilities', name, 1)
    assert.ok(value, `the README has no capability '${name}'`)
    return value
  }

  /** Without backticks and separators of thousands. */
  optionDefault(name: string): string | undefined {
    return this.#cell('Options', name, 2)?.replaceAll(',', '')
  }

  /** Fails unless each option is in the table, with its default where that is a plain value. */
  assertOptions(schema: z.ZodObject): void {
    const defaults = schema.parse({})
    for (const name of Object.keys(schema.shape)) {
      const shown = this.optionDefault(name)
      assert.notEqual(shown, undefined, `the README has no option '${name}'`)
      const value = defaults[name]
      if (['string', 'number', 'boolean'].includes(typeof value)) {
        assert.equal(shown, String(value).replaceAll(',', ''), `default of option '${name}' in the README`)
      }
    }
  }

  get queue(): QueueCapabilities {
    const ordering = this.capability('ordering')
    assert.ok(ordering === 'key' || ordering === 'none')
    return {
      ordering,
      durable: this.#has('durable'),
      byReference: this.#has('byReference'),
      maxBodyBytes: this.#bytes('maxBodyBytes'),
    }
  }

  get documents(): DocumentStoreCapabilities {
    return {
      durable: this.#has('durable'),
      maxDocumentBytes: this.#bytes('maxDocumentBytes'),
      maxAttachmentBytes: this.#bytes('maxAttachmentBytes'),
    }
  }

  get activations(): ActivationStoreCapabilities {
    return { durable: this.#has('durable'), maxRecordBytes: this.#bytes('maxRecordBytes') }
  }

  #has(name: string): boolean {
    return this.capability(name) === 'yes'
  }

  #bytes(name: string): number {
    return Number(this.capability(name).replaceAll(',', ''))
  }

  /** The cell at `index` of the row that begins with `name` in backticks. */
  #cell(section: string, name: string, index: number): string | undefined {
    const text = this.#text.split(/^## /m).find((part) => part.startsWith(`${section}\n`))
    assert.ok(text, `the README has no section '${section}'`)
    const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\` `))
    return row?.split('|')[index + 1]?.trim().replaceAll('`', '')
  }
}
