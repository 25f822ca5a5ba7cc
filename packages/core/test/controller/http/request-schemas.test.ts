import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REST_MANIFEST } from '../../../src/conformance/rest/rest-platform.ts'
import { parseActionSettings } from '../../../src/controller/actions/parse-action-put.ts'
import { parsePutContent, type PutBody } from '../../../src/controller/writes/put-content.ts'
import { refusalAnswer } from '../../../src/controller/http/refusal-answer.ts'
import { Refusal } from '../../../src/controller/refusals/refusal.ts'
import { DEFINITIONS, schemaOf, type SchemaName } from '../../../src/controller/schemas/definitions.ts'
import { parsePackagePut } from '../../../src/controller/packages/parse-package-put.ts'
import { parseRulePut, parseRuleState } from '../../../src/controller/triggers/parse-rule-put.ts'
import { parseTriggerPut } from '../../../src/controller/triggers/parse-trigger-put.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { RuntimesManifest } from '../../../src/model/runtimes-manifest.ts'
import { DocumentSchemas } from './swagger-document.ts'

const MAX = 1_000_000
const manifest = new RuntimesManifest(REST_MANIFEST)
const schemas = new DocumentSchemas({ definitions: DEFINITIONS })

function put(body: JsonObject): PutBody {
  const bounds = { maxExecBytes: MAX, maxParameterBytes: MAX }
  return { body, content: parsePutContent(body, { manifest, ownNamespace: 'n' }, bounds) }
}

/** Parsers of bodies, by the schema that says the same. */
const PARSERS: readonly (readonly [schema: SchemaName, parse: (body: JsonObject) => unknown])[] = [
  ['ActionPut', (body) => parseActionSettings(put(body).body)],
  ['TriggerPut', (body) => parseTriggerPut(put(body))],
  ['RulePut', (body) => parseRulePut(put(body), 'n')],
  ['RuleState', parseRuleState],
  ['PackagePut', (body) => parsePackagePut(put(body), 'n')],
]

/** Refusals that depend on more than the shape: what a kind needs, which names there may be. */
const BEYOND_SHAPE =
  /runtime 'k?[^']*' is not supported|'(?:code|main|image|components)' must be|could not parse image name|at least the namespace|fully qualified name malformed|path undefined|path contains invalid parts|entity name malformed|missing required member/

const junk = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    0,
    1,
    -1,
    1.5,
    '',
    'x',
    '1.2.3',
    '0.0.0',
    '00.0',
    '1',
    '1.',
    'active',
    'nodejs:20',
  ),
  fc.array(fc.constantFrom(1, 'a', null), { maxLength: 2 }),
  fc.dictionary(fc.constantFrom('key', 'value', 'namespace', 'name', 'kind'), fc.constantFrom(1, 'a', null), {
    maxKeys: 3,
  }),
)
const orJunk = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: good as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: junk })
const some = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> =>
  fc.record(fields, { requiredKeys: [] })

const parameters = orJunk(
  fc.array(orJunk(fc.record({ key: orJunk(fc.constantFrom('a', 'b')), value: fc.jsonValue({ maxDepth: 1 }) })), {
    maxLength: 3,
  }),
)
const head = {
  parameters,
  annotations: parameters,
  version: orJunk(fc.constantFrom('1', '1.2', '0.0.1', '10.20.30', '1.2.3.x', '0.0.0.1', '1.2.x')),
  publish: orJunk(fc.boolean()),
}
const text = orJunk(fc.constantFrom('a', 'abcd', 'function main() {}'))
const exec = fc.oneof(
  some({ kind: orJunk(fc.constant('nodejs:20')), code: text, main: text }),
  some({ kind: fc.constant('java:8'), jar: text, main: text }),
  some({ kind: fc.constant('blackbox'), image: orJunk(fc.constant('a/b:c')), code: text, main: text }),
  some({
    kind: fc.constant('sequence'),
    components: orJunk(fc.array(orJunk(fc.constantFrom('/_/a', '/n/p/a')), { maxLength: 3 })),
  }),
)
const limit = orJunk(fc.integer())
const limits = some({
  timeout: limit,
  memory: limit,
  logs: limit,
  concurrency: limit,
  instances: limit,
  cpu: orJunk(fc.double({ noNaN: true, noDefaultInfinity: true })),
})
const name = orJunk(fc.constantFrom('/_/t', '/n/a', { path: 'n', name: 'a' }))

const BODIES: Readonly<Record<string, fc.Arbitrary<object>>> = {
  ActionPut: some({
    ...head,
    exec: orJunk(exec),
    limits: orJunk(limits),
    delAnnotations: orJunk(fc.array(orJunk(fc.constant('a')), { maxLength: 2 })),
  }),
  TriggerPut: some({ ...head, exec: orJunk(exec), limits: orJunk(limits) }),
  RulePut: some({ ...head, exec: orJunk(exec), trigger: name, action: name, status: junk }),
  RuleState: some({ status: orJunk(fc.constantFrom('active', 'inactive')) }),
  PackagePut: some({
    ...head,
    exec: orJunk(exec),
    binding: orJunk(some({ namespace: orJunk(fc.constant('_')), name: orJunk(fc.constant('p')) })),
  }),
}

/** The text of the refusal; undefined when the body is taken. */
function refusalOf(parse: (body: JsonObject) => unknown, body: JsonObject): string | undefined {
  try {
    parse(body)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error).text
    throw error
  }
}

describe.each(PARSERS)('%s', (schema, parse) => {
  it('admits what its parser takes, and what it refuses is refused for its shape', () => {
    const seen = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(BODIES[schema] ?? fc.constant({}), (generated) => {
        const body = JSON.parse(JSON.stringify(generated)) as JsonObject
        const refusal = refusalOf(parse, body)
        const error = schemas.errorOf(schemaOf(schema), body)
        if (refusal === undefined) {
          seen.taken++
          expect(error, 'the parser takes it').toBeUndefined()
        } else {
          seen.refused++
          if (error === undefined) expect(refusal).toMatch(BEYOND_SHAPE)
        }
      }),
      { seed: 7, numRuns: 3000 },
    )
    expect(seen.taken).toBeGreaterThan(100)
    expect(seen.refused).toBeGreaterThan(100)
  })
})

it('arguments are an object, whatever is in it', () => {
  const reference = schemaOf('Arguments')
  expect(schemas.errorOf(reference, { a: [1] })).toBeUndefined()
  expect(schemas.errorOf(reference, [1])).toMatch(/object/)
})
