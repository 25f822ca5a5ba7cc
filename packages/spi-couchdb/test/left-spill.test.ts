import { silentLogger } from '@stemcell/core'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Spill } from '../src/activations/spill.ts'

describe('a file that a process left in the folder of spilled records', () => {
  let dir: string

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'stemcell-spill-'))))
  afterEach(() => rmSync(dir, { recursive: true }))

  const records = (): string[] => readdirSync(dir).filter((name) => name.startsWith('records-'))

  it.each([
    ['nothing', ''],
    ['a line that was not finished', '{"_id":"ns/a'],
  ])('with %s goes at once, since nothing will be taken out of it', async (_what, content) => {
    writeFileSync(join(dir, 'records-1.jsonl'), content)
    const spill = await Spill.open({ dir, maxBytes: 1000 }, silentLogger)
    expect(records()).toEqual([])
    expect(await spill.append([{ id: 'ns/b', text: '{"_id":"ns/b"}' }])).toBe(true)
    await spill.drop(1)
    expect(records()).toEqual([])
    await spill.close()
  })

  it('with lines that are no records is put aside', async () => {
    writeFileSync(join(dir, 'records-1.jsonl'), 'no record\n')
    const spill = await Spill.open({ dir, maxBytes: 1000 }, silentLogger)
    expect(records()).toEqual(['records-1.jsonl.damaged'])
    await spill.close()
  })

  it('with records is kept until they are stored', async () => {
    writeFileSync(join(dir, 'records-1.jsonl'), '{"_id":"ns/a"}\n')
    const spill = await Spill.open({ dir, maxBytes: 1000 }, silentLogger)
    expect(spill.size).toBe(1)
    expect(records()).toEqual(['records-1.jsonl'])
    await spill.drop(1)
    expect(records()).toEqual([])
    await spill.close()
  })
})
