import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DIFFERENCES } from '../src/rest/differences.ts'
import { REST_CONTRACT } from '../src/rest/rest-contract.ts'

const page = readFileSync(join(resolve(import.meta.dirname, '../../..'), 'docs/differences.md'), 'utf8')
const told = [...page.matchAll(/^\| (.+?) \| .+ \|$/gm)].map(([, first]) => first!).slice(2)
const reasons = REST_CONTRACT.flatMap(({ rows }) => rows).flatMap(({ differs }) => differs ?? [])

describe('what Stemcell does otherwise than OpenWhisk', () => {
  it('is shown by a row of the contract', () => {
    expect(new Set(reasons)).toEqual(new Set(Object.values(DIFFERENCES)))
  })

  it('is told in the documentation, each reason once', () => {
    expect(told.toSorted()).toEqual(Object.values<string>(DIFFERENCES).toSorted())
  })
})
