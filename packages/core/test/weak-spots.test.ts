import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const page = readFileSync(join(root, 'docs/openwhisk-weak-spots.md'), 'utf8')

interface Evidence {
  readonly file: string
  readonly name: string
}

interface Row {
  readonly number: number
  readonly cells: readonly string[]
  readonly evidence: readonly Evidence[]
}

const rows: readonly Row[] = page
  .split('\n')
  .filter((line) => /^\| \d+ /.test(line))
  .map((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    return { number: Number(cells[0]), cells, evidence: evidenceIn(cells[3] ?? '') }
  })

function evidenceIn(cell: string): Evidence[] {
  return cell.split('<br>').map((text) => {
    const [, file = '', name = ''] = /^`([^`]+)` › (.+)$/.exec(text.trim()) ?? []
    return { file, name }
  })
}

/** Whether the text holds the name as a string of its own, in whatever quotes. */
function names(text: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))
}

/** Pieces of evidence that are not there. */
function missing({ evidence }: Pick<Row, 'evidence'>): Evidence[] {
  return evidence.filter(({ file, name }) => {
    const path = join(root, file)
    return file === '' || !existsSync(path) || !names(readFileSync(path, 'utf8'), name)
  })
}

describe('the page about weak spots', () => {
  it.each(rows)('shows its answer to number $number with tests that exist', (row) => {
    expect(row.cells).toHaveLength(4)
    expect(row.evidence.length).toBeGreaterThan(0)
    expect(missing(row)).toEqual([])
  })

  it('has every number once, in order', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 55 }, (_, index) => index + 1))
  })

  it('would be told of a test that is not there', () => {
    const file = 'packages/core/test/weak-spots.test.ts'
    const absent = ['a', 'another'].map((which) => ({ file, name: `${which} test that is not there` }))
    expect(missing({ evidence: absent })).toEqual(absent)
    // A part of a name is none.
    expect(
      missing({ evidence: [{ file, name: 'would be told of a test that is not there'.slice(0, 13) }] }),
    ).toHaveLength(1)
    expect(missing({ evidence: [{ file: 'packages/none.test.ts', name: 'a' }] })).toHaveLength(1)
    expect(missing({ evidence: evidenceIn('no evidence at all') })).toHaveLength(1)
    expect(missing({ evidence: [{ file, name: 'would be told of a test that is not there' }] })).toEqual([])
  })
})
