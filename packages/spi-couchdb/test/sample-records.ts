import { JsonText, type Activation } from '@stemcell/core'

/** A record whose id and start follow from `index`. */
export function sampleRecord(index: number, overrides: Partial<Activation> = {}): Activation {
  return {
    namespace: 'ns',
    name: 'a',
    version: '0.0.1',
    subject: 'someone',
    activationId: index.toString(16).padStart(32, '0'),
    start: 1000 + index,
    end: 1010 + index,
    duration: 10,
    publish: false,
    response: { statusCode: 0, result: JsonText.parse('{\n  "index": 1\n}'), size: 16 },
    logs: ['2024-05-01T10:11:12.1Z stdout: é 日本'],
    annotations: [],
    ...overrides,
  }
}

export function sampleRecords(count: number): Activation[] {
  return Array.from({ length: count }, (_, index) => sampleRecord(index))
}
