import fc from 'fast-check'

/** Stands in `headers` for credentials that are good. */
export const OWNER_HEADER = 'Basic of the owner'

export const segment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '_',
      'owner',
      'other',
      'actions',
      'activations',
      'limits',
      'namespaces',
      'packages',
      'triggers',
      'rules',
      'web',
      'default',
      't',
      'r',
      'b',
      'a.json',
      'a',
      'p',
      'api',
      'v1',
      '',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '%',
      '%zz',
      '%00',
      '%2F',
      '%C3%28',
      '..',
      '.',
      '%E0%A4%A',
      'logs',
      'result',
      'a'.repeat(300),
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map(encodeURIComponent) },
  { weight: 1, arbitrary: fc.stringMatching(/^[0-9a-f]{30,33}$/) },
)
export const path = fc
  .tuple(
    fc.constantFrom(
      '/api/v1/web/',
      '/api/v1/namespaces/_/',
      '/api/v1/namespaces/',
      '/api/v1/',
      '/',
      '/api/v1/namespaces/_/actions/',
    ),
    fc.array(segment, { maxLength: 5 }),
  )
  .map(([start, segments]) => start + segments.join('/'))
const queryPair = fc.tuple(
  fc.constantFrom(
    'blocking',
    'result',
    'timeout',
    'overwrite',
    'code',
    'limit',
    'skip',
    'count',
    'docs',
    'name',
    'since',
    'upto',
    'force',
    '',
    '%',
    '__proto__',
  ),
  fc.oneof(
    fc.constantFrom('', 'true', 'false', '0', '-1', '1e9', '99999999999999999999', 'NaN', '%', '%ff', 'a/b', '_'),
    fc.string({ maxLength: 8 }).map(encodeURIComponent),
  ),
)
export const query = fc.array(queryPair, { maxLength: 4 }).map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))
export const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'PROPFIND', 'TRACE')
const headerText = fc.stringMatching(/^[ -~\u0080-\u00ff]{0,40}$/)
export const headers = fc.record(
  {
    authorization: fc.oneof({ weight: 4, arbitrary: fc.constant(OWNER_HEADER) }, { weight: 1, arbitrary: headerText }),
    'content-type': fc.oneof(
      fc.constant('application/json'),
      fc.constantFrom('text/plain', ';', 'a/b;c="d', ''),
      headerText,
    ),
    accept: fc.oneof(fc.constant('*/*'), headerText),
    'x-request-id': headerText,
    'x-ow-extra-logging': fc.constantFrom('on', 'off', ''),
    origin: headerText,
  },
  { requiredKeys: [] },
)
const field = fc.constantFrom(
  'exec',
  'kind',
  'code',
  'main',
  'image',
  'parameters',
  'annotations',
  'limits',
  'memory',
  'instances',
  'cpu',
  'version',
  'publish',
  'delAnnotations',
  'key',
  'value',
  'components',
  'binding',
  'namespace',
  'name',
  'path',
  'trigger',
  'action',
  'status',
  'error',
  '__proto__',
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1.5,
      1e308,
      '',
      'nodejs:20',
      'blackbox',
      'nodejs:default',
      'sequence',
      'active',
      '/_/a',
      '/_/t',
      '_',
      'p',
      'abcd',
      '0.0.0',
      '\ud800',
    ),
    fc.dictionary(field, tie('tree'), { maxKeys: 5 }),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
}))
export const body = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 4, arbitrary: fc.dictionary(field, tree, { maxKeys: 6 }).map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: tree.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '{',
      '[',
      '"',
      '{"a":1}x',
      '\u0000',
      '\ufeff{}',
      '['.repeat(100_000),
      '{"a":'.repeat(5000),
      '1'.repeat(5000),
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 50, unit: 'binary' }) },
)

const EXEC = { kind: 'nodejs:20', code: 'function main(args) { return args }' }

/** Each operation takes the first one, and ignores what it does not know. */
const GOOD_BODIES: readonly object[] = [
  { exec: EXEC, trigger: '/_/t', action: '/_/a', status: 'inactive' },
  { exec: { kind: 'sequence', components: ['/_/a'] } },
  { binding: { namespace: '_', name: 'p' } },
]

/** Bodies that some operation takes, and such with one field exchanged. */
export const likelyBody = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...GOOD_BODIES).map((good) => JSON.stringify(good)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...GOOD_BODIES), field, tree)
      .map(([good, name, value]) => JSON.stringify({ ...good, [name]: value })),
  },
  { weight: 1, arbitrary: body },
)

export const likelyQuery = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('', 'overwrite=true&blocking=true&force=true', 'blocking=true&result=true') },
  { weight: 1, arbitrary: query },
)
