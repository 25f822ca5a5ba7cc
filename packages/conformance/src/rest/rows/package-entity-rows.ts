import { ANYTHING, type ContractRow } from '../contract-row.ts'
import {
  ACTIONS,
  API,
  code,
  DELETE,
  ECHO,
  echoAction,
  EMPTY_JSON,
  ERRORS,
  forbidden,
  GET,
  malformed,
  malformedQuery,
  NS,
  POST,
  PUT,
  UNTYPED,
} from '../paths.ts'

const PACKAGES = `${NS}/packages`
const PACKAGE = `${PACKAGES}/{u}`
const OTHERS = `${API}/namespaces/{other}/packages`
const THEIRS = `${OTHERS}/{u}`
const theirs = { as: 'other' } as const
const FIELDS = ['namespace', 'name', 'binding', 'parameters', 'version', 'publish', 'annotations', 'updated']
const made = PUT(PACKAGE, {})
const inside = (name: string, more: object = {}): ReturnType<typeof PUT> =>
  PUT(`${ACTIONS}/{u}/${name}`, code(ECHO, more))
const feed = { annotations: [{ key: 'feed', value: false }] }
const missingText = "The requested resource '{ns}/{u}' does not exist."

/** Packages themselves: what they say, what is in them, who sees them. */
export const packageEntityRows: readonly ContractRow[] = [
  // writing
  {
    name: 'a package made of nothing has defaults and exactly these fields',
    when: made,
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        namespace: '{ns}',
        name: '{u}',
        binding: {},
        parameters: [],
        version: '0.0.1',
        publish: false,
        annotations: [],
        updated: ANYTHING,
      },
    },
  },
  {
    name: 'a package keeps parameters, annotations, version and publish flag',
    given: [
      PUT(PACKAGE, {
        parameters: [{ key: 'p', value: { deep: [1] } }],
        annotations: [{ key: 'description', value: 'd' }],
        version: '2.1.0',
        publish: true,
      }),
    ],
    when: GET(PACKAGE),
    answer: {
      status: 200,
      body: {
        parameters: [{ key: 'p', value: { deep: [1] } }],
        annotations: [{ key: 'description', value: 'd' }],
        version: '2.1.0',
        publish: true,
      },
    },
  },
  {
    name: 'a package that exists is not made again',
    given: [made],
    when: made,
    answer: { status: 409, error: 'resource already exists' },
  },
  {
    name: 'overwriting a package that does not exist makes it',
    when: PUT(`${PACKAGE}?overwrite=true`, {}),
    answer: { status: 200, body: { version: '0.0.1' } },
  },
  {
    name: 'an update of a package replaces what it gives, keeps the rest and raises the version',
    given: [
      PUT(PACKAGE, {
        parameters: [{ key: 'p', value: 1 }],
        annotations: [
          { key: 'a', value: 1 },
          { key: 'b', value: 1 },
        ],
        publish: true,
      }),
    ],
    when: PUT(`${PACKAGE}?overwrite=true`, { annotations: [{ key: 'c', value: 2 }] }),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        parameters: [{ key: 'p', value: 1 }],
        annotations: [{ key: 'c', value: 2 }],
        publish: true,
        version: '0.0.2',
      },
    },
  },
  {
    name: 'an update of a package may set the version',
    given: [made],
    when: PUT(`${PACKAGE}?overwrite=true`, { version: '7.0.0' }),
    answer: { status: 200, body: { version: '7.0.0' } },
  },
  {
    name: 'no package may be called default',
    when: PUT(`${PACKAGES}/default`, {}),
    answer: { status: 400, error: "Package name 'default' is reserved." },
  },
  {
    name: 'a package may have a name that begins with default',
    when: PUT(`${PACKAGES}/default{u}`, {}),
    answer: { status: 200, body: { name: 'default{u}' } },
  },
  {
    name: 'the annotation binding of a package is not the client to set',
    when: PUT(PACKAGE, {
      annotations: [
        { key: 'binding', value: 'mine' },
        { key: 'a', value: 1 },
      ],
    }),
    answer: { status: 200, body: { annotations: [{ key: 'a', value: 1 }] } },
  },
  {
    name: 'an empty binding is none',
    when: PUT(PACKAGE, { binding: {} }),
    answer: { status: 200, body: { binding: {}, annotations: [] } },
  },
  ...(
    [
      ['parameters as an object', { parameters: { a: 1 } }, malformed('parameters malformed!')],
      ['annotations as an object', { annotations: { a: 1 } }, malformed('parameters malformed!')],
      ['a malformed version', { version: 'x' }, malformed('semantic version malformed')],
      ['a version of zeros', { version: '0.0.0' }, malformed('semantic version malformed')],
      ['a publish flag that is a text', { publish: 'yes' }, malformed('Expected JsBoolean, but got "yes"')],
      ...['/a/b', 5, true, [], null].map(
        (binding) =>
          [
            `a binding that is ${JSON.stringify(binding)}`,
            { binding },
            malformed("Object expected in field 'namespace'"),
          ] as const,
      ),
      [
        'a binding without a name',
        { binding: { namespace: '_' } },
        malformed("Object is missing required member 'name'"),
      ],
      [
        'a binding without a namespace',
        { binding: { name: 'a' } },
        malformed("Object is missing required member 'namespace'"),
      ],
      ['a binding of other fields', { binding: { a: 1 } }, malformed("Object is missing required member 'namespace'")],
      ...[
        { namespace: '_', name: 'a$' },
        { namespace: 'a$', name: 'a' },
        { namespace: 'a/b', name: 'a' },
        { namespace: '', name: 'a' },
        { namespace: 7, name: 'a' },
        { namespace: '_', name: null },
        { namespace: 7 },
      ].map(
        (binding) =>
          [`a binding to ${JSON.stringify(binding)}`, { binding }, malformed('entity name malformed')] as const,
      ),
      ['an exec that is a text', { exec: 'x' }, malformed('JSON object expected')],
      ...['"x"', '5', 'null', '[]'].map(
        (body) => [`a body that is ${body}`, body, malformed("Object expected in field 'exec'")] as const,
      ),
      ['an empty body of JSON', '', EMPTY_JSON],
      [
        'several faults, for its annotations before its binding,',
        { binding: 5, annotations: 5 },
        malformed('parameters malformed!'),
      ],
      [
        'several faults, for its binding before its version,',
        { version: 1, binding: 5 },
        malformed("Object expected in field 'namespace'"),
      ],
    ] as const
  ).map(([what, body, error]): ContractRow => ({
    name: `a package with ${what} is refused`,
    when: PUT(PACKAGE, body),
    answer: { status: 400, error },
  })),
  {
    name: 'a package without a body is refused',
    when: PUT(PACKAGE),
    answer: { status: 400, error: 'Request entity expected but not supplied' },
  },
  {
    name: 'a package whose body has no type is refused',
    when: PUT(PACKAGE, {}, { headers: { 'content-type': null } }),
    answer: { status: 415, error: UNTYPED },
  },
  {
    name: 'the body of a package is read before it is asked whether to overwrite',
    when: PUT(`${PACKAGE}?overwrite=maybe`, []),
    answer: { status: 400, error: malformed("Object expected in field 'exec'") },
  },
  {
    name: 'a package with too large parameters is refused',
    when: PUT(PACKAGE, { parameters: [{ key: 'k', value: 'v'.repeat(1048576) }] }),
    answer: { status: 413, error: 'parameters larger than allowed: 1048579 > 1048576 bytes.' },
  },
  {
    name: 'a package with too large annotations is refused',
    when: PUT(PACKAGE, { annotations: [{ key: 'k', value: 'v'.repeat(1048576) }] }),
    answer: { status: 413, error: 'annotations larger than allowed: 1048579 > 1048576 bytes.' },
  },
  {
    name: 'a package is not written over an action',
    given: [echoAction],
    when: PUT(`${PACKAGE}?overwrite=true`, {}),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'an action is not written over a package',
    given: [made],
    when: PUT(`${ACTIONS}/{u}?overwrite=true`, code(ECHO)),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a package of another namespace is not written',
    when: PUT(THEIRS, {}),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'a published package of another namespace is not written either',
    given: [PUT(THEIRS, { publish: true }, theirs)],
    when: PUT(`${THEIRS}?overwrite=true`, {}),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'an illegal name of a package is 400',
    when: PUT(`${PACKAGES}/a%24`, {}),
    answer: { status: 400, error: ERRORS.nameIllegal },
  },
  {
    name: 'whether to overwrite a package must be a boolean',
    when: PUT(`${PACKAGE}?overwrite=maybe`, {}),
    answer: { status: 400, error: malformedQuery('overwrite', "'maybe' is not a valid Boolean value") },
  },
  {
    name: 'a package cannot be posted to',
    given: [made],
    when: POST(PACKAGE, {}),
    answer: { status: 404, error: ERRORS.noRoute },
  },

  // reading
  {
    name: 'a package is read with actions and feeds, and exactly these fields',
    given: [made],
    when: GET(PACKAGE),
    answer: { status: 200, fields: [...FIELDS, 'actions', 'feeds'], body: { binding: {}, actions: [], feeds: [] } },
  },
  {
    name: 'a package shows its actions apart from its feeds, whatever the annotation feed says',
    given: [made, inside('a'), inside('f', feed)],
    when: GET(PACKAGE),
    answer: {
      status: 200,
      body: {
        actions: [{ name: 'a', version: '0.0.1', annotations: ANYTHING }],
        feeds: [{ name: 'f', version: '0.0.1', annotations: ANYTHING }],
      },
    },
  },
  {
    name: 'a missing package of the own namespace is 404 by name',
    when: GET(PACKAGE),
    answer: { status: 404, error: missingText },
  },
  {
    name: 'a missing package of another namespace is 403',
    when: GET(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'a private package of another namespace is 403',
    given: [PUT(THEIRS, {}, theirs)],
    when: GET(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'a published package of another namespace is read by anybody',
    given: [PUT(THEIRS, { publish: true, parameters: [{ key: 'p', value: 1 }] }, theirs)],
    when: GET(THEIRS),
    answer: { status: 200, body: { namespace: '{other}', parameters: [{ key: 'p', value: 1 }] } },
  },
  {
    name: 'a package that is published no more is 403 at once',
    given: [
      PUT(THEIRS, { publish: true }, theirs),
      GET(THEIRS),
      PUT(`${THEIRS}?overwrite=true`, { publish: false }, theirs),
    ],
    when: GET(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'an action is not read as a package',
    given: [echoAction],
    when: GET(PACKAGE),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'what is no package in another namespace is 403',
    given: [PUT(`${API}/namespaces/{other}/actions/{u}`, code(ECHO), theirs)],
    when: GET(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'a package is not read with a slash behind its name',
    given: [made],
    when: GET(`${PACKAGE}/`),
    answer: { status: 404, error: ERRORS.noRoute },
  },

  // deleting
  {
    name: 'a deleted package is answered as it was',
    given: [PUT(PACKAGE, { publish: true })],
    when: DELETE(PACKAGE),
    answer: { status: 200, fields: FIELDS, body: { name: '{u}', publish: true, version: '0.0.1' } },
  },
  {
    name: 'a deleted package is gone',
    given: [made, DELETE(PACKAGE)],
    when: GET(PACKAGE),
    answer: { status: 404, error: missingText },
  },
  {
    name: 'deleting a missing package is 404',
    when: DELETE(PACKAGE),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'deleting a package of another namespace is 403',
    given: [PUT(THEIRS, { publish: true }, theirs)],
    when: DELETE(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'an action is not deleted as a package',
    given: [echoAction],
    when: DELETE(PACKAGE),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a package with one action is not deleted',
    given: [made, inside('a')],
    when: DELETE(PACKAGE),
    answer: {
      status: 409,
      error: 'Package not empty (contains 1 entity). Set force param or delete package contents.',
    },
  },
  {
    name: 'a package with two actions is not deleted',
    given: [made, inside('a'), inside('b')],
    when: DELETE(`${PACKAGE}?force=false`),
    answer: {
      status: 409,
      error: 'Package not empty (contains 2 entities). Set force param or delete package contents.',
    },
  },
  {
    name: 'a package is deleted by force with what is in it',
    given: [made, inside('a'), inside('b'), DELETE(`${PACKAGE}?force=true`), made],
    when: GET(PACKAGE),
    answer: { status: 200, body: { actions: [], feeds: [] } },
  },
  {
    name: 'an empty package may be deleted by force, too',
    given: [made],
    when: DELETE(`${PACKAGE}?force=true`),
    answer: { status: 200, body: { name: '{u}' } },
  },
  {
    name: 'whether to force must be a boolean',
    given: [made],
    when: DELETE(`${PACKAGE}?force=very`),
    answer: { status: 400, error: malformedQuery('force', "'very' is not a valid Boolean value") },
  },
  {
    name: 'a package becomes empty when its last action is deleted',
    given: [made, inside('a'), DELETE(`${ACTIONS}/{u}/a`)],
    when: DELETE(PACKAGE),
    answer: { status: 200 },
  },

  // listing
  {
    name: 'a package is listed with exactly these fields',
    given: [PUT(PACKAGE, { annotations: [{ key: 'a', value: 1 }] })],
    when: GET(`${PACKAGES}?limit=200`),
    answer: {
      status: 200,
      includes: { namespace: '{ns}', name: '{u}', binding: false, annotations: [{ key: 'a', value: 1 }] },
      itemFields: ['namespace', 'name', 'version', 'publish', 'annotations', 'updated', 'binding'],
    },
  },
  {
    name: 'the packages may be listed with a slash behind',
    when: GET(`${PACKAGES}/?limit=1`),
    answer: { status: 200 },
  },
  {
    name: 'of another namespace only published packages are listed',
    given: [PUT(`${THEIRS}pub`, { publish: true }, theirs), PUT(`${THEIRS}priv`, {}, theirs)],
    when: GET(`${OTHERS}?limit=200`),
    answer: {
      status: 200,
      includes: { namespace: '{other}', name: '{u}pub', publish: true, binding: false },
      excludes: ['{u}priv'],
    },
  },
  {
    name: 'of another namespace no bindings are listed, published or not',
    given: [
      PUT(`${THEIRS}pub`, { publish: true }, theirs),
      PUT(`${THEIRS}b`, { publish: true, binding: { namespace: '_', name: '{u}pub' } }, theirs),
    ],
    when: GET(`${OTHERS}?limit=200`),
    answer: { status: 200, includes: { name: '{u}pub' }, excludes: ['{u}b'] },
  },
  {
    name: 'a namespace that nobody has has no packages',
    when: GET(`${API}/namespaces/{u}/packages`),
    answer: { status: 200, body: [] },
  },
  {
    name: 'the packages of a namespace that nobody has are none',
    when: GET(`${API}/namespaces/{u}/packages?count=true`),
    answer: { status: 200, body: { packages: 0 }, fields: ['packages'] },
  },
  {
    name: 'the packages are counted',
    given: [made],
    when: GET(`${PACKAGES}?count=true`),
    answer: { status: 200, body: { packages: /^[1-9]\d*$/ }, fields: ['packages'] },
  },
  {
    name: 'a count of packages leaves out what is skipped',
    when: GET(`${PACKAGES}?count=true&skip=1000000`),
    answer: { status: 200, body: { packages: 0 } },
  },
  {
    name: 'a limit of packages beyond 200 is refused',
    when: GET(`${PACKAGES}?limit=201`),
    answer: {
      status: 400,
      error: malformedQuery('limit', "The value '201' is not in the range of 0 to 200 for packages."),
    },
  },
  {
    name: 'a negative number of packages cannot be skipped',
    when: GET(`${PACKAGES}?skip=-1`),
    answer: {
      status: 400,
      error: malformedQuery('skip', "The value '-1' is not greater than or equal to 0 for packages."),
    },
  },
]
