import { ANYTHING, type ContractRow } from '../contract-row.ts'
import { DIFFERENCES } from '../differences.ts'
import {
  ACTION,
  code,
  DELETE,
  ECHO,
  echoAction,
  EMPTY_JSON,
  ERRORS,
  GET,
  malformed,
  malformedQuery,
  PUT,
  UNTYPED,
} from '../paths.ts'

const FIELDS = ['namespace', 'name', 'version', 'publish', 'exec', 'parameters', 'limits', 'annotations', 'updated']
const KEY = { key: 'provide-api-key', value: false }
const KIND = { key: 'exec', value: 'nodejs:20' }
const overwrite = `${ACTION}?overwrite=true`
const exec = (fields: object): object => ({ exec: fields })
const KINDS =
  /^The request content was malformed:\nThe specified runtime '[^']+' is not supported by this platform\. Valid values are: ('[^']+', )+'sequence', 'blackbox'\.$/

/** A body that is refused with 400, and the text. */
const REFUSED: readonly (readonly [string, unknown, string | RegExp])[] = [
  ['without exec', {}, 'exec undefined'],
  ['whose exec is null', { exec: null }, 'exec undefined'],
  ['without a kind', exec({ code: 'x' }), malformed("'kind' must be a string defined in 'exec'")],
  ['whose kind is a number', exec({ kind: 1, code: 'x' }), malformed("'kind' must be a string defined in 'exec'")],
  ['whose kind is null', exec({ kind: null, code: 'x' }), malformed("'kind' must be a string defined in 'exec'")],
  ...(['x', 5, true, []] as const).map(
    (value) => [`whose exec is ${JSON.stringify(value)}`, { exec: value }, malformed('JSON object expected')] as const,
  ),
  ['of an unknown kind', exec({ kind: 'cobol:1', code: 'x' }), KINDS],
  ['of an unknown family', exec({ kind: 'cobol:default', code: 'x' }), KINDS],
  [
    'without code',
    exec({ kind: 'nodejs:20' }),
    malformed("'code' must be a string or attachment object defined in 'exec' for 'nodejs:20' actions"),
  ],
  [
    'of the default kind without code, by the name that was given,',
    exec({ kind: ' NodeJS:default' }),
    malformed("'code' must be a string or attachment object defined in 'exec' for 'nodejs:default' actions"),
  ],
  ...([1, null, true, ['x'], {}] as const).map(
    (value) =>
      [
        `whose code is ${JSON.stringify(value)}`,
        exec({ kind: 'nodejs:20', code: value }),
        malformed(`Could not deserialize as attachment record: ${JSON.stringify(value)}`),
      ] as const,
  ),
  ...([1, null, false, {}] as const).map(
    (value) =>
      [
        `whose main is ${JSON.stringify(value)}`,
        exec({ kind: 'nodejs:20', code: 'x', main: value }),
        malformed("if defined, 'main' be a string in 'exec' for 'nodejs:20' actions"),
      ] as const,
  ),
  [
    'whose code and main are numbers, for its main,',
    exec({ kind: 'nodejs:20', code: 1, main: 1 }),
    malformed("if defined, 'main' be a string in 'exec' for 'nodejs:20' actions"),
  ],
  [
    'of an image without its name',
    exec({ kind: 'blackbox' }),
    malformed("'image' must be a string defined in 'exec' for 'blackbox' actions"),
  ],
  [
    'of an image whose name is a number',
    exec({ kind: 'blackbox', image: 1 }),
    malformed("'image' must be a string defined in 'exec' for 'blackbox' actions"),
  ],
  [
    'of an image with an impossible name',
    exec({ kind: 'blackbox', image: 'A b' }),
    malformed('could not parse image name'),
  ],
  [
    'of an image that looks like an option',
    exec({ kind: 'blackbox', image: '-v' }),
    malformed('could not parse image name'),
  ],
  [
    'of an image whose code is a number',
    exec({ kind: 'blackbox', image: 'a/b', code: 1 }),
    malformed('Could not deserialize as attachment record: 1'),
  ],
  [
    'of an image whose code is null',
    exec({ kind: 'blackbox', image: 'a/b', code: null }),
    malformed('Could not deserialize as attachment record: null'),
  ],
  [
    'of an image whose code and main are numbers, for its code,',
    exec({ kind: 'blackbox', image: 'a/b', code: 1, main: 1 }),
    malformed('Could not deserialize as attachment record: 1'),
  ],
  [
    'of an image whose main is a number',
    exec({ kind: 'blackbox', image: 'a/b', main: 1 }),
    malformed("if defined, 'main' be a string in 'exec' for 'blackbox' actions"),
  ],
  ['whose parameters are an object', code(ECHO, { parameters: { a: 1 } }), malformed('parameters malformed!')],
  ['with a parameter without key', code(ECHO, { parameters: [{ value: 1 }] }), malformed('parameters malformed!')],
  ['with a parameter without value', code(ECHO, { parameters: [{ key: 'a' }] }), malformed('parameters malformed!')],
  ['whose annotations are an object', code(ECHO, { annotations: { a: 1 } }), malformed('parameters malformed!')],
  ['whose version is a number', code(ECHO, { version: 1 }), malformed('semantic version malformed')],
  ['whose version is a word', code(ECHO, { version: 'one' }), malformed('semantic version malformed')],
  ['whose version is 0.0.0', code(ECHO, { version: '0.0.0' }), malformed('semantic version malformed')],
  ['whose parameters are a text', code(ECHO, { parameters: 'a' }), malformed('parameters malformed!')],
  ['with a parameter that is no object', code(ECHO, { parameters: [1] }), malformed('parameters malformed!')],
  [
    'with a parameter whose key is a number',
    code(ECHO, { parameters: [{ key: 1, value: 1 }] }),
    malformed('parameters malformed!'),
  ],
  ...(['yes', null, 1] as const).map(
    (init) =>
      [
        `with a parameter whose init is ${JSON.stringify(init)}`,
        code(ECHO, { parameters: [{ key: 'a', value: 1, init }] }),
        malformed('parameters malformed!'),
      ] as const,
  ),
  [
    'with a parameter whose encryption is a number',
    code(ECHO, { parameters: [{ key: 'a', value: 1, encryption: 1 }] }),
    malformed('parameters malformed!'),
  ],
  ['whose annotations are a number', code(ECHO, { annotations: 5 }), malformed('parameters malformed!')],
  ['whose version has a sign', code(ECHO, { version: '-1.0.0' }), malformed('semantic version malformed')],
  ['whose version is empty', code(ECHO, { version: '' }), malformed('semantic version malformed')],
  ['whose version is an object', code(ECHO, { version: {} }), malformed('semantic version malformed')],
  ...(['yes', 1, [], {}] as const).map(
    (value) =>
      [
        `whose publish is ${JSON.stringify(value)}`,
        code(ECHO, { publish: value }),
        malformed(`Expected JsBoolean, but got ${JSON.stringify(value)}`),
      ] as const,
  ),
  ...(['a', 5, {}] as const).map(
    (value) =>
      [
        `whose delAnnotations is ${JSON.stringify(value)}`,
        code(ECHO, { delAnnotations: value }),
        malformed(`Expected Array as JsArray, but got ${JSON.stringify(value)}`),
      ] as const,
  ),
  [
    'whose delAnnotations has a number',
    code(ECHO, { delAnnotations: ['a', 5] }),
    malformed('Expected String as JsString, but got 5'),
  ],
  ...(['x', 5, true, []] as const).map(
    (value) =>
      [
        `whose limits are ${JSON.stringify(value)}`,
        code(ECHO, { limits: value }),
        malformed("Object expected in field 'timeout'"),
      ] as const,
  ),
  [
    'with several faults, for its parameters before its annotations and its limits,',
    code(ECHO, { limits: 5, publish: 1, version: 1, annotations: 1, parameters: [{ key: 'k', value: 1 }, 2] }),
    malformed('parameters malformed!'),
  ],
  [
    'with several faults, for its limits before its version and its publish flag,',
    code(ECHO, { publish: 1, version: 1, limits: { logs: '1', memory: 1.5 } }),
    malformed('requirement failed: memory limit must be whole number'),
  ],
  [
    'with several faults, for its version before its publish flag,',
    code(ECHO, { publish: 1, version: 1, delAnnotations: 1 }),
    malformed('semantic version malformed'),
  ],
  [
    'with several faults, for its publish flag before the annotations to be removed,',
    code(ECHO, { delAnnotations: 1, publish: 1 }),
    malformed('Expected JsBoolean, but got 1'),
  ],
  ...(
    [
      ['timeout', 'time', 'time'],
      ['memory', 'memory', 'memory'],
      ['logs', 'log', 'log'],
      ['concurrency', 'concurrency', 'intra concurrency'],
      ['instances', 'instance concurrency', 'instance concurrency'],
    ] as const
  ).flatMap(([field, wrongType, fraction]) => [
    [
      `whose ${field} limit is a text`,
      code(ECHO, { limits: { [field]: '1' } }),
      malformed(`${wrongType} limit malformed`),
    ] as const,
    [
      `whose ${field} limit has a fraction`,
      code(ECHO, { limits: { [field]: 1.5 } }),
      malformed(`requirement failed: ${fraction} limit must be whole number`),
    ] as const,
  ]),
  [
    'with less than no instances',
    code(ECHO, { limits: { instances: -1 } }),
    malformed('requirement failed: Action container concurrency must be greater than or equal to 0.'),
  ],
  [
    'with more instances than the namespace may have',
    code(ECHO, { limits: { instances: 1_000_000 } }),
    /^Max action instance concurrency must not exceed your namespace concurrency of \d+\.$/,
  ],
  [
    'with too much memory',
    code(ECHO, { limits: { memory: 513 } }),
    'requirement failed: memory size 513 MB exceeds allowed threshold of 512 MB',
  ],
  [
    'with too little memory',
    code(ECHO, { limits: { memory: 127 } }),
    'requirement failed: memory size 127 MB below allowed threshold of 128 MB',
  ],
  [
    'with too many logs',
    code(ECHO, { limits: { logs: 11 } }),
    'requirement failed: log size 11 MB exceeds allowed threshold of 10 MB',
  ],
  [
    'with less than no logs',
    code(ECHO, { limits: { logs: -1 } }),
    malformed('requirement failed: a negative size of an object is not allowed.'),
  ],
  [
    'with less than no memory',
    code(ECHO, { limits: { memory: -1 } }),
    malformed('requirement failed: a negative size of an object is not allowed.'),
  ],
  [
    'with less than no time',
    code(ECHO, { limits: { timeout: -1 } }),
    'requirement failed: duration -1 milliseconds below allowed threshold of 100 milliseconds',
  ],
  [
    'with too much time',
    code(ECHO, { limits: { timeout: 300_001 } }),
    'requirement failed: duration 300001 milliseconds exceeds allowed threshold of 300000 milliseconds',
  ],
  [
    'with too little time',
    code(ECHO, { limits: { timeout: 99 } }),
    'requirement failed: duration 99 milliseconds below allowed threshold of 100 milliseconds',
  ],
  [
    'with too much concurrency',
    code(ECHO, { limits: { concurrency: 2 } }),
    'requirement failed: concurrency 2 exceeds allowed threshold of 1',
  ],
  [
    'with too little concurrency',
    code(ECHO, { limits: { concurrency: 0 } }),
    'requirement failed: concurrency 0 below allowed threshold of 1',
  ],
]

export const actionWriteRows: readonly ContractRow[] = [
  // creation
  {
    name: 'a new action is answered in full',
    when: PUT(ACTION, code(ECHO)),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        namespace: '{ns}',
        name: '{u}',
        version: '0.0.1',
        publish: false,
        exec: { kind: 'nodejs:20', code: ECHO, binary: false },
        parameters: [],
        limits: { timeout: 60000, memory: 256, logs: 10, concurrency: 1 },
        annotations: [KEY, KIND],
        updated: ANYTHING,
      },
    },
  },
  {
    name: 'fields that the server owns are ignored',
    when: PUT(ACTION, code(ECHO, { name: 'other', namespace: 'else', updated: 1, subject: 'x', extra: {} })),
    answer: { status: 200, fields: FIELDS, body: { name: '{u}', namespace: '{ns}' } },
  },
  {
    name: 'version and publish are taken from the client',
    when: PUT(ACTION, code(ECHO, { version: '1.2', publish: true })),
    answer: { status: 200, body: { version: '1.2.0', publish: true } },
  },
  {
    name: 'fields that are null count as absent',
    when: PUT(ACTION, code(ECHO, { parameters: null, annotations: null, limits: null, version: null, publish: null })),
    answer: { status: 200, body: { version: '0.0.1', parameters: [], annotations: [KEY, KIND] } },
  },
  {
    name: 'parameters keep the order of the client',
    when: PUT(ACTION, code(ECHO, { parameters: [3, 4, 1, 2].map((n) => ({ key: `k${n}`, value: n })) })),
    answer: { status: 200, body: { parameters: [3, 4, 1, 2].map((n) => ({ key: `k${n}`, value: n })) } },
  },
  {
    name: 'of parameters with the same key the last wins in the place of the first',
    when: PUT(
      ACTION,
      code(ECHO, {
        parameters: [
          { key: 'a', value: 1 },
          { key: 'b', value: 2 },
          { key: 'a', value: 3 },
        ],
      }),
    ),
    answer: {
      status: 200,
      body: {
        parameters: [
          { key: 'a', value: 3 },
          { key: 'b', value: 2 },
        ],
      },
    },
  },
  {
    name: 'a parameter may have any JSON for a value',
    when: PUT(
      ACTION,
      code(ECHO, {
        parameters: [
          { key: '', value: null },
          { key: 'o', value: { a: [1, { b: false }] } },
        ],
      }),
    ),
    answer: {
      status: 200,
      body: {
        parameters: [
          { key: '', value: null },
          { key: 'o', value: { a: [1, { b: false }] } },
        ],
      },
    },
  },
  {
    name: 'a parameter for the initialisation is marked',
    when: PUT(
      ACTION,
      code(ECHO, {
        parameters: [
          { key: 'a', value: 1, init: true },
          { key: 'b', value: 2, init: false },
        ],
      }),
    ),
    answer: {
      status: 200,
      body: {
        parameters: [
          { key: 'a', value: 1, init: true },
          { key: 'b', value: 2 },
        ],
      },
    },
  },
  {
    name: 'annotations of the client come before those of the server',
    when: PUT(ACTION, code(ECHO, { annotations: [{ key: 'z', value: 1 }] })),
    answer: { status: 200, body: { annotations: [{ key: 'z', value: 1 }, KEY, KIND] } },
  },
  {
    name: "the client's word about the api key is kept",
    when: PUT(ACTION, code(ECHO, { annotations: [{ key: 'provide-api-key', value: true }] })),
    answer: { status: 200, body: { annotations: [{ key: 'provide-api-key', value: true }, KIND] } },
  },
  {
    name: 'the annotation of the kind is not up to the client',
    when: PUT(ACTION, code(ECHO, { annotations: [{ key: 'exec', value: 'mine' }] })),
    answer: { status: 200, body: { annotations: [KIND, KEY] } },
  },
  {
    name: 'limits that are given are kept and others take their defaults',
    when: PUT(ACTION, code(ECHO, { limits: { timeout: 100, memory: 128, logs: 0, instances: 1 } })),
    answer: {
      status: 200,
      body: { limits: { timeout: 100, memory: 128, logs: 0, concurrency: 1, instances: 1 } },
    },
  },
  {
    name: 'a limit of processors is kept',
    differs: DIFFERENCES.cpu,
    when: PUT(ACTION, code(ECHO, { limits: { cpu: 0.5 } })),
    answer: { status: 200, body: { limits: { timeout: 60000, memory: 256, logs: 10, concurrency: 1, cpu: 0.5 } } },
  },
  {
    name: 'an action has no limit of processors unless it is given one',
    when: PUT(ACTION, code(ECHO)),
    answer: { status: 200, body: { limits: { cpu: undefined } } },
  },

  // exec
  {
    name: 'the kind is trimmed and written in lower case',
    when: PUT(ACTION, exec({ kind: ' NodeJS:20 ', code: ECHO })),
    answer: { status: 200, body: { exec: { kind: 'nodejs:20' } } },
  },
  {
    name: 'the default of a family is resolved to its kind',
    when: PUT(ACTION, exec({ kind: 'nodejs:default', code: ECHO })),
    answer: { status: 200, body: { exec: { kind: 'nodejs:20' }, annotations: [KEY, KIND] } },
  },
  {
    name: 'source text is not binary whatever the client says',
    when: PUT(ACTION, exec({ kind: 'nodejs:20', code: ECHO, binary: true })),
    answer: { status: 200, body: { exec: { binary: false } } },
  },
  {
    name: 'code that looks like base64 is binary',
    when: PUT(ACTION, exec({ kind: 'nodejs:20', code: 'abcd' })),
    answer: { status: 200, body: { exec: { binary: true, code: 'abcd' } } },
  },
  {
    name: 'empty code is accepted',
    when: PUT(ACTION, exec({ kind: 'nodejs:20', code: '' })),
    answer: { status: 200, body: { exec: { code: '', binary: false } } },
  },
  {
    name: 'main is shown when it was given',
    when: PUT(ACTION, exec({ kind: 'nodejs:20', code: ECHO, main: 'run' })),
    answer: { status: 200, body: { exec: { kind: 'nodejs:20', code: ECHO, binary: false, main: 'run' } } },
  },
  {
    name: 'code may be called jar',
    needs: { kinds: ['java:8'] },
    when: PUT(ACTION, exec({ kind: 'java:8', jar: 'abcd', main: 'Main' })),
    answer: { status: 200, body: { exec: { kind: 'java:8', code: 'abcd', binary: true, main: 'Main' } } },
  },
  {
    name: 'an image needs no code',
    when: PUT(ACTION, exec({ kind: 'blackbox', image: 'docker.io/some/image:1.0' })),
    answer: { status: 200, body: { exec: { kind: 'blackbox', image: 'docker.io/some/image:1.0', binary: false } } },
  },
  {
    name: 'an image may have code and main',
    when: PUT(ACTION, exec({ kind: 'blackbox', image: 'some/image', code: 'abcd', main: 'm' })),
    answer: { status: 200, body: { exec: { image: 'some/image', code: 'abcd', binary: true, main: 'm' } } },
  },
  {
    name: 'blank code of an image is dropped',
    given: [PUT(ACTION, exec({ kind: 'blackbox', image: 'some/image', code: '  ' }))],
    when: GET(ACTION),
    answer: { status: 200, body: { exec: { kind: 'blackbox', image: 'some/image', code: undefined } } },
  },
  {
    name: 'long code comes back as it was sent',
    given: [PUT(ACTION, code(`${ECHO} // ${'é"\\\n'.repeat(20_000)}`))],
    when: GET(ACTION),
    answer: { status: 200, body: { exec: { code: `${ECHO} // ${'é"\\\n'.repeat(20_000)}`, binary: false } } },
  },
  {
    name: 'long binary code comes back as it was sent',
    given: [PUT(ACTION, code(Buffer.alloc(60_000, 'stem cell').toString('base64')))],
    when: GET(ACTION),
    answer: {
      status: 200,
      body: { exec: { code: Buffer.alloc(60_000, 'stem cell').toString('base64'), binary: true } },
    },
  },
  {
    name: 'long code survives an update that does not touch it',
    given: [PUT(ACTION, code('x'.repeat(50_001))), PUT(overwrite, { publish: true })],
    when: GET(ACTION),
    answer: { status: 200, body: { publish: true, exec: { code: 'x'.repeat(50_001) } } },
  },
  {
    name: 'the exec of an action may be put back as it was read',
    given: [PUT(ACTION, code(ECHO))],
    when: PUT(`${ACTION}copy`, exec({ kind: 'nodejs:20', code: ECHO, binary: false })),
    answer: { status: 200, body: { name: '{u}copy' } },
  },

  // refusals
  {
    name: 'an action of a kind that needs main but has none is refused',
    needs: { kinds: ['java:8'] },
    when: PUT(ACTION, exec({ kind: 'java:8', code: 'abcd' })),
    answer: { status: 400, error: malformed("'main' must be a string defined in 'exec' for 'java:8' actions") },
  },
  ...REFUSED.map(([what, body, error]): ContractRow => ({
    name: `an action ${what} is refused`,
    when: PUT(ACTION, body),
    answer: { status: 400, error },
  })),
  {
    name: 'an action whose code is an attachment of its own making is refused',
    differs: DIFFERENCES.attachments,
    when: PUT(ACTION, exec({ kind: 'nodejs:20', code: { attachmentName: 'couch:x', attachmentType: 'text/plain' } })),
    answer: {
      status: 400,
      error: malformed(
        'Could not deserialize as attachment record: {"attachmentName":"couch:x","attachmentType":"text/plain"}',
      ),
    },
  },
  {
    name: 'an action of a kind without attachments whose code is null is refused',
    needs: { kinds: ['shell:1'] },
    when: PUT(ACTION, exec({ kind: 'shell:1', code: null })),
    answer: { status: 400, error: malformed("'code' must be a string defined in 'exec' for 'shell:1' actions") },
  },
  {
    name: 'of a version more than three parts are not looked at',
    when: PUT(ACTION, code(ECHO, { version: '1.2.3.x' })),
    answer: { status: 200, body: { version: '1.2.3' } },
  },
  ...(
    [
      ['no JSON', '{"exec":', /^The request content was malformed:\n.+/],
      ['an array', [], malformed("Object expected in field 'exec'")],
      ['a number', '1', malformed("Object expected in field 'exec'")],
      ['null', 'null', malformed("Object expected in field 'exec'")],
      ['a text', '"x"', malformed("Object expected in field 'exec'")],
      ['true', 'true', malformed("Object expected in field 'exec'")],
      ['nothing', '', EMPTY_JSON],
      ['very deep JSON', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, /^The request content was malformed:\n/],
    ] as const
  ).map(([what, body, error]): ContractRow => ({
    name: `a body of ${what} is refused`,
    when: PUT(ACTION, body),
    answer: { status: 400, error },
  })),
  {
    name: 'a body of another type is 415',
    when: PUT(ACTION, code(ECHO), { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
    answer: {
      status: 415,
      error: "The request's Content-Type [text/plain; charset=UTF-8] is not supported. Expected:\napplication/json",
    },
  },
  {
    name: 'no body at all is asked for',
    when: PUT(ACTION),
    answer: { status: 400, error: 'Request entity expected but not supplied' },
  },
  ...[code(ECHO), 'x'].flatMap((body) =>
    [false, true].map((chunked): ContractRow => ({
      name: `a body without a type is 415: ${typeof body}${chunked ? ', in chunks' : ''}`,
      when: PUT(ACTION, body, { headers: { 'content-type': null }, chunked }),
      answer: { status: 415, error: UNTYPED },
    })),
  ),
  {
    name: 'an empty body in chunks without a type is 415',
    when: PUT(ACTION, undefined, { chunked: true }),
    answer: { status: 415, error: UNTYPED },
  },
  {
    name: 'an empty body in chunks is no JSON',
    when: PUT(ACTION, undefined, { headers: { 'content-type': 'application/json' }, chunked: true }),
    answer: { status: 400, error: EMPTY_JSON },
  },
  {
    name: 'JSON may be declared with a charset',
    when: PUT(ACTION, code(ECHO), { headers: { 'content-type': 'Application/JSON; charset=utf-8' } }),
    answer: { status: 200 },
  },
  {
    name: 'a body may come in chunks',
    when: PUT(ACTION, code(ECHO), { chunked: true }),
    answer: { status: 200 },
  },
  {
    name: 'a kind that cannot run is refused before the missing action is looked for',
    when: PUT(overwrite, exec({ kind: 'cobol:1', code: 'x' })),
    answer: { status: 400, error: KINDS },
  },
  {
    name: 'parameters beyond their bound are 413',
    when: PUT(ACTION, code(ECHO, { parameters: [{ key: 'k', value: 'v'.repeat(1_048_576) }] })),
    answer: { status: 413, error: 'parameters larger than allowed: 1048579 > 1048576 bytes.' },
  },
  {
    name: 'parameters up to their bound are accepted',
    when: PUT(ACTION, code(ECHO, { parameters: [{ key: 'k', value: 'v'.repeat(1_048_573) }] })),
    answer: { status: 200 },
  },
  {
    name: 'annotations beyond their bound are 413',
    when: PUT(ACTION, code(ECHO, { annotations: [{ key: 'kk', value: 'é'.repeat(524_288) }] })),
    answer: { status: 413, error: 'annotations larger than allowed: 1048580 > 1048576 bytes.' },
  },
  {
    name: 'the body is read before it is asked whether to overwrite',
    when: PUT(`${ACTION}?overwrite=maybe`, { exec: 'x' }),
    answer: { status: 400, error: malformed('JSON object expected') },
  },
  {
    name: 'it is asked whether to overwrite before limits and version are read',
    when: PUT(`${ACTION}?overwrite=maybe`, code(ECHO, { limits: 5 })),
    answer: { status: 400, error: malformedQuery('overwrite', "'maybe' is not a valid Boolean value") },
  },
  {
    name: 'the size is judged before limits and version',
    when: PUT(ACTION, code(ECHO, { parameters: [{ key: 'k', value: 'v'.repeat(1_048_576) }], version: 1 })),
    answer: { status: 413 },
  },
  {
    name: 'overwrite must be a word for true or false',
    when: PUT(`${ACTION}?overwrite=maybe`, code(ECHO)),
    answer: { status: 400, error: malformedQuery('overwrite', "'maybe' is not a valid Boolean value") },
  },
  ...['true', 'TRUE', 'yes', 'On', '1'].map((word): ContractRow => ({
    name: `overwrite=${word} updates`,
    given: [echoAction],
    when: PUT(`${ACTION}?overwrite=${word}`, {}),
    answer: { status: 200, body: { version: '0.0.2' } },
  })),
  ...['false', 'no', 'OFF', '0', ''].map((word): ContractRow => ({
    name: `overwrite=${word} does not update`,
    given: [echoAction],
    when: PUT(`${ACTION}?overwrite=${word}`, {}),
    answer: { status: 409, error: 'resource already exists' },
  })),

  // update
  {
    name: 'overwrite=true creates an action that is missing',
    when: PUT(overwrite, code(ECHO)),
    answer: { status: 200, body: { version: '0.0.1', annotations: [KEY, KIND] } },
  },
  {
    name: 'overwrite=true of a missing action still needs exec',
    when: PUT(overwrite, { publish: true }),
    answer: { status: 400, error: 'exec undefined' },
  },
  {
    name: 'an action is not written twice without overwrite',
    given: [echoAction],
    when: PUT(ACTION, code(ECHO)),
    answer: { status: 409, error: 'resource already exists' },
  },
  {
    name: 'an update without a version raises the patch',
    given: [PUT(ACTION, code(ECHO, { version: '1.2.3' }))],
    when: PUT(overwrite, {}),
    answer: { status: 200, body: { version: '1.2.4' } },
  },
  {
    name: 'an update may set the version',
    given: [echoAction],
    when: PUT(overwrite, { version: '0.0.1' }),
    answer: { status: 200, body: { version: '0.0.1' } },
  },
  {
    name: 'an empty update keeps everything but the version',
    given: [PUT(ACTION, code(ECHO, { publish: true, parameters: [{ key: 'a', value: 1 }], limits: { memory: 128 } }))],
    when: PUT(overwrite, {}),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        version: '0.0.2',
        publish: true,
        exec: { code: ECHO },
        parameters: [{ key: 'a', value: 1 }],
        limits: { memory: 128, timeout: 60000 },
        annotations: [KEY, KIND],
      },
    },
  },
  {
    name: 'limits are updated one by one',
    given: [PUT(ACTION, code(ECHO, { limits: { memory: 128, timeout: 1000 } }))],
    when: PUT(overwrite, { limits: { timeout: 2000 } }),
    answer: { status: 200, body: { limits: { memory: 128, timeout: 2000, logs: 10, concurrency: 1 } } },
  },
  {
    name: 'parameters are replaced as a whole',
    given: [
      PUT(
        ACTION,
        code(ECHO, {
          parameters: [
            { key: 'a', value: 1 },
            { key: 'b', value: 2 },
          ],
        }),
      ),
    ],
    when: PUT(overwrite, { parameters: [{ key: 'c', value: 3 }] }),
    answer: { status: 200, body: { parameters: [{ key: 'c', value: 3 }] } },
  },
  {
    name: 'an empty list of parameters removes them',
    given: [PUT(ACTION, code(ECHO, { parameters: [{ key: 'a', value: 1 }] }))],
    when: PUT(overwrite, { parameters: [] }),
    answer: { status: 200, body: { parameters: [] } },
  },
  {
    name: 'annotations are merged',
    given: [
      PUT(
        ACTION,
        code(ECHO, {
          annotations: [
            { key: 'a', value: 1 },
            { key: 'provide-api-key', value: false },
          ],
        }),
      ),
    ],
    when: PUT(overwrite, {
      annotations: [
        { key: 'c', value: 3 },
        { key: 'a', value: 4 },
      ],
    }),
    answer: {
      status: 200,
      body: { annotations: [{ key: 'a', value: 4 }, KEY, KIND, { key: 'c', value: 3 }] },
    },
  },
  {
    name: 'annotations are removed by name',
    given: [
      PUT(
        ACTION,
        code(ECHO, {
          annotations: [
            { key: 'a', value: 1 },
            { key: 'b', value: 2 },
          ],
        }),
      ),
    ],
    when: PUT(overwrite, { delAnnotations: ['a', 'provide-api-key', 'none'] }),
    answer: { status: 200, body: { annotations: [{ key: 'b', value: 2 }, KIND] } },
  },
  {
    name: 'an annotation removed and set at once is set',
    given: [PUT(ACTION, code(ECHO, { annotations: [{ key: 'a', value: 1 }] }))],
    when: PUT(overwrite, { delAnnotations: ['a'], annotations: [{ key: 'a', value: 2 }] }),
    answer: { status: 200, body: { annotations: [KEY, KIND, { key: 'a', value: 2 }] } },
  },
  {
    name: 'the annotation of the kind cannot be removed',
    given: [echoAction],
    when: PUT(overwrite, { delAnnotations: ['exec'] }),
    answer: { status: 200, body: { annotations: [KEY, KIND] } },
  },
  {
    name: 'a new kind changes its annotation',
    given: [echoAction],
    when: PUT(overwrite, exec({ kind: 'blackbox', image: 'some/image' })),
    answer: { status: 200, body: { annotations: [KEY, { key: 'exec', value: 'blackbox' }] } },
  },
  {
    name: 'an action that was deleted may be written again',
    given: [echoAction, DELETE(ACTION)],
    when: PUT(ACTION, code(ECHO)),
    answer: { status: 200, body: { version: '0.0.1' } },
  },
  {
    name: 'a name that a package has is refused',
    given: [{ package: '{u}' }],
    when: PUT(ACTION, code(ECHO)),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a name that a package has is refused with overwrite too',
    given: [{ package: '{u}' }],
    when: PUT(overwrite, code(ECHO)),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
]
