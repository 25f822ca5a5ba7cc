import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../src/config/config-schema.ts'
import { codeBlocks } from './harness/code-blocks.ts'
import { optionRows } from './options-table.ts'

const README = join(import.meta.dirname, '../README.md')

describe('the README', () => {
  it('has a table of every option, as the schema describes it', () => {
    const [, table = ''] = readFileSync(README, 'utf8').split('<!-- options: ')
    const [section = ''] = table.split('\n## ')
    const rows = Array.from(section.matchAll(/^\|(.*)\|$/gm), ([, row = '']) =>
      row.split('|').map((cell) => cell.trim()),
    )
    expect(rows.slice(2)).toEqual(optionRows())
  })

  it('has an example of a configuration that is valid', () => {
    const [example = ''] = codeBlocks(README, 'json config')
    expect(configSchema.parse(JSON.parse(example))).toMatchObject({ port: 8080 })
  })
})
