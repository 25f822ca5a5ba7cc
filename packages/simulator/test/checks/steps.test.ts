import type { Activation } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { Steps } from '../../src/checks/steps.ts'

const LENGTHS = new Map([['row', 2]])

function record(activationId: string, more: Partial<Activation> = {}): Activation {
  return {
    namespace: 'guest',
    name: 'small',
    version: '0.0.1',
    subject: 'guest',
    activationId,
    start: 1,
    publish: false,
    response: { statusCode: 0 },
    logs: [],
    annotations: [{ key: 'path', value: 'guest/small' }],
    ...more,
  }
}

function row(logs: readonly string[], statusCode: 0 | 1 | 3 = 0): Activation {
  const annotations = [{ key: 'topmost', value: true }]
  return record('row', { name: 'row', logs: [...logs], response: { statusCode }, annotations })
}

function faultsOf(...records: readonly Activation[]): readonly string[] {
  const steps = new Steps(LENGTHS)
  for (const each of records) steps.recorded(each)
  return steps.faults()
}

describe('records of sequences and of their steps', () => {
  it('fit together where each step is listed once, and knows whose it is', () => {
    expect(faultsOf(row(['a', 'b']), record('a', { cause: 'row' }), record('b', { cause: 'row' }))).toEqual([])
    expect(faultsOf(row(['a'], 1), record('a', { cause: 'row' }))).toEqual([])
  })

  it('do not where a step is listed twice, missing, too many, or of another', () => {
    expect(faultsOf(row(['a', 'a']))).toEqual(['row of row lists a step twice: a, a'])
    expect(faultsOf(row(['a']))).toEqual(['row of row, which ended with 0, lists 1 steps of 2'])
    expect(faultsOf(row(['a', 'b', 'c'], 1))).toEqual(['row of row, which ended with 1, lists 3 steps of 2'])
    expect(faultsOf(row(['a', 'b']), record('a', { cause: 'other' }))).toEqual([
      'a is a step of row, but says that it is one of other',
    ])
    expect(faultsOf(row(['a'], 1), record('b', { cause: 'row' }))).toEqual([
      'b was started by row of row, which does not list it',
    ])
  })

  it('need not list what a controller that died had begun', () => {
    expect(faultsOf(row([], 3), record('b', { cause: 'row' }))).toEqual([])
  })

  it('promise records of their steps, and those of triggers of what their rules started', () => {
    const steps = new Steps(LENGTHS)
    expect(steps.recorded(row(['a', 'b']))).toEqual(['a', 'b'])
    const lines = ['{"statusCode":0,"activationId":"c"}', '{"statusCode":3,"error":"no"}']
    expect(steps.recorded(record('fires', { annotations: [], logs: lines }))).toEqual(['c'])
    expect(steps.recorded(record('a', { logs: ['{"activationId":"d"}'] }))).toEqual([])
  })
})
