import type { ContractRow, RequestStep } from '../contract-row.ts'
import { DIFFERENCES } from '../differences.ts'
import { ACTIONS, API, code, DELETE, ECHO, ERRORS, forbidden, GET, NS, PUT, selfBinding } from '../paths.ts'

const PACKAGES = `${NS}/packages`
const TARGET = `${PACKAGES}/{u}p`
const BINDING = `${PACKAGES}/{u}b`
const THEIRS = `${API}/namespaces/{other}/packages/{u}p`
const theirs = { as: 'other' } as const
const toOwn = { binding: { namespace: '_', name: '{u}p' } }
const toTheirs = { binding: { namespace: '{other}', name: '{u}p' } }
const NAMED = { key: 'binding', value: { namespace: '{ns}', name: '{u}p' } }
const target = PUT(TARGET, {})
const bound = PUT(BINDING, toOwn)
const published = PUT(THEIRS, { publish: true, parameters: [{ key: 'a', value: 'theirs' }] }, theirs)
const update = (body: object): RequestStep => PUT(`${BINDING}?overwrite=true`, body)

/** Bindings: packages that refer to others. */
export const bindingRows: readonly ContractRow[] = [
  // making
  {
    name: 'a binding is answered with its target, its namespace spelled out, and annotated with it',
    given: [target],
    when: bound,
    answer: {
      status: 200,
      body: { name: '{u}b', binding: { namespace: '{ns}', name: '{u}p' }, annotations: [NAMED], version: '0.0.1' },
    },
  },
  {
    name: 'a binding keeps its own annotations before the one of the platform',
    given: [target],
    when: PUT(BINDING, {
      ...toOwn,
      annotations: [
        { key: 'binding', value: 'mine' },
        { key: 'a', value: 1 },
      ],
    }),
    answer: { status: 200, body: { annotations: [{ key: 'a', value: 1 }, NAMED] } },
  },
  {
    name: 'a published package of another namespace may be bound',
    given: [published],
    when: PUT(BINDING, toTheirs),
    answer: { status: 200, body: { namespace: '{ns}', binding: { namespace: '{other}', name: '{u}p' } } },
  },
  {
    name: 'a missing package of the own namespace cannot be bound',
    when: bound,
    answer: { status: 400, error: 'Binding references a package that does not exist.' },
  },
  {
    name: 'a missing package of another namespace cannot be bound',
    when: PUT(BINDING, toTheirs),
    answer: { status: 403, error: forbidden('{other}/{u}p') },
  },
  {
    name: 'a private package of another namespace cannot be bound',
    given: [PUT(THEIRS, {}, theirs)],
    when: PUT(BINDING, toTheirs),
    answer: { status: 403, error: forbidden('{other}/{u}p') },
  },
  {
    name: 'a binding cannot be bound',
    given: [target, bound],
    when: PUT(`${PACKAGES}/{u}c`, { binding: { namespace: '{ns}', name: '{u}b' } }),
    answer: { status: 400, error: 'Cannot bind to another package binding.' },
  },
  {
    name: 'a binding of another namespace cannot be bound',
    given: [published, PUT(`${API}/namespaces/{other}/packages/{u}b`, { publish: true, ...toOwn }, theirs)],
    when: PUT(BINDING, { binding: { namespace: '{other}', name: '{u}b' } }),
    answer: { status: 403, error: forbidden('{other}/{u}b') },
  },
  {
    name: 'an action cannot be bound',
    given: [PUT(`${ACTIONS}/{u}p`, code(ECHO))],
    when: bound,
    answer: { status: 409, error: 'Cannot bind to a resource that is not a package.' },
  },
  {
    name: 'a binding to itself is not made',
    when: PUT(BINDING, { binding: { namespace: '_', name: '{u}b' } }),
    answer: { status: 400, error: 'Binding references a package that does not exist.' },
  },
  {
    name: 'a binding that exists is not made again',
    given: [target, bound],
    when: bound,
    answer: { status: 409, error: 'resource already exists' },
  },

  // updating
  {
    name: 'a package does not become a binding',
    given: [target, PUT(BINDING, {})],
    when: update(toOwn),
    answer: { status: 409, error: 'Resource is a package and cannot be converted into a binding.' },
  },
  {
    name: 'a package does not become a binding of a binding',
    given: [target, bound, PUT(`${PACKAGES}/{u}c`, {})],
    when: PUT(`${PACKAGES}/{u}c?overwrite=true`, { binding: { namespace: '_', name: '{u}b' } }),
    answer: { status: 409, error: 'Resource is a package and cannot be converted into a binding.' },
  },
  {
    name: 'a package does not become a binding of nothing',
    given: [PUT(BINDING, {})],
    when: update(toOwn),
    answer: { status: 400, error: 'Binding references a package that does not exist.' },
  },
  {
    name: 'a package does not become a binding of what is none',
    given: [PUT(`${ACTIONS}/{u}p`, code(ECHO)), PUT(BINDING, {})],
    when: update(toOwn),
    answer: { status: 409, error: 'Cannot bind to a resource that is not a package.' },
  },
  {
    name: 'what exists is not made again as a binding of a binding',
    given: [target, bound, PUT(`${PACKAGES}/{u}c`, {})],
    when: PUT(`${PACKAGES}/{u}c`, { binding: { namespace: '_', name: '{u}b' } }),
    answer: { status: 409, error: 'resource already exists' },
  },
  {
    name: 'a binding of a binding whose target is gone is not made',
    given: [target, bound, DELETE(TARGET)],
    when: PUT(`${PACKAGES}/{u}c`, { binding: { namespace: '_', name: '{u}b' } }),
    answer: { status: 400, error: 'Binding references a package that does not exist.' },
  },
  {
    name: 'a binding is not pointed at another binding',
    differs: DIFFERENCES.bindings,
    given: [target, bound, PUT(`${PACKAGES}/{u}c`, toOwn)],
    when: update({ binding: { namespace: '_', name: '{u}c' } }),
    answer: { status: 400, error: 'Cannot bind to another package binding.' },
  },
  {
    name: 'an update without a binding leaves it bound',
    given: [target, bound],
    when: update({ parameters: [{ key: 'p', value: 1 }] }),
    answer: {
      status: 200,
      body: {
        binding: { namespace: '{ns}', name: '{u}p' },
        parameters: [{ key: 'p', value: 1 }],
        annotations: [NAMED],
        version: '0.0.2',
      },
    },
  },
  {
    name: 'an update with an empty binding leaves it bound',
    given: [target, bound],
    when: update({ binding: {} }),
    answer: { status: 200, body: { binding: { namespace: '{ns}', name: '{u}p' }, annotations: [NAMED] } },
  },
  {
    name: 'a binding may be pointed elsewhere, and its annotation follows',
    given: [target, bound, PUT(`${PACKAGES}/{u}q`, {})],
    when: update({ binding: { namespace: '_', name: '{u}q' }, annotations: [{ key: 'a', value: 1 }] }),
    answer: {
      status: 200,
      body: {
        binding: { namespace: '{ns}', name: '{u}q' },
        annotations: [
          { key: 'a', value: 1 },
          { key: 'binding', value: { namespace: '{ns}', name: '{u}q' } },
        ],
      },
    },
  },
  {
    name: 'a binding is not pointed at itself',
    differs: DIFFERENCES.bindings,
    given: [target, bound],
    when: update({ binding: { namespace: '_', name: '{u}b' } }),
    answer: { status: 400, error: 'Cannot bind to another package binding.' },
  },
  {
    name: 'a binding is not pointed at nothing',
    given: [target, bound],
    when: update({ binding: { namespace: '_', name: '{u}none' } }),
    answer: { status: 400, error: 'Binding references a package that does not exist.' },
  },

  // reading
  {
    name: 'a binding is read as itself, with the actions of its target',
    given: [
      PUT(TARGET, { annotations: [{ key: 'target', value: true }], version: '3.0.0' }),
      bound,
      PUT(`${ACTIONS}/{u}p/a`, code(ECHO)),
      PUT(`${ACTIONS}/{u}p/f`, code(ECHO, { annotations: [{ key: 'feed', value: true }] })),
    ],
    when: GET(BINDING),
    answer: {
      status: 200,
      body: {
        namespace: '{ns}',
        name: '{u}b',
        version: '0.0.1',
        binding: { namespace: '{ns}', name: '{u}p' },
        annotations: [NAMED],
        actions: [{ name: 'a' }],
        feeds: [{ name: 'f' }],
      },
    },
  },
  {
    name: 'a binding is read with its parameters laid over those of its target',
    given: [
      PUT(TARGET, {
        parameters: [
          { key: 'a', value: 'target' },
          { key: 'b', value: 'target' },
        ],
      }),
      PUT(BINDING, {
        ...toOwn,
        parameters: [
          { key: 'b', value: 'binding' },
          { key: 'c', value: 'binding' },
        ],
      }),
    ],
    when: GET(BINDING),
    answer: {
      status: 200,
      body: {
        parameters: [
          { key: 'a', value: 'target' },
          { key: 'b', value: 'binding' },
          { key: 'c', value: 'binding' },
        ],
      },
    },
  },
  {
    name: 'parameters of the target are not written into the binding',
    given: [PUT(TARGET, { parameters: [{ key: 'a', value: 'target' }] }), bound],
    when: DELETE(BINDING),
    answer: { status: 200, body: { parameters: [] } },
  },
  {
    name: 'a binding of a published package of another namespace is read by its owner',
    given: [published, PUT(BINDING, toTheirs)],
    when: GET(BINDING),
    answer: { status: 200, body: { namespace: '{ns}', parameters: [{ key: 'a', value: 'theirs' }] } },
  },
  {
    name: 'a binding is read by its owner only, published or not',
    given: [target, PUT(BINDING, { ...toOwn, publish: true })],
    when: GET(`${API}/namespaces/{ns}/packages/{u}b`, theirs),
    answer: { status: 403, error: forbidden('{ns}/{u}b') },
  },
  {
    name: 'a binding whose target is closed by now is 403',
    given: [published, PUT(BINDING, toTheirs), PUT(`${THEIRS}?overwrite=true`, { publish: false }, theirs)],
    when: GET(BINDING),
    answer: { status: 403, error: forbidden('{ns}/{u}b') },
  },
  {
    name: 'a package that is bound may be deleted, and its binding is 404 then',
    given: [target, bound, DELETE(TARGET)],
    when: GET(BINDING),
    answer: { status: 404, error: /does not exist\.$/ },
  },
  {
    name: 'a binding whose target in another namespace is gone is 403',
    given: [published, PUT(BINDING, toTheirs), DELETE(THEIRS, theirs)],
    when: GET(BINDING),
    answer: { status: 403, error: forbidden('{ns}/{u}b') },
  },
  {
    name: 'a binding to itself that is stored is 422',
    given: [selfBinding],
    when: GET(BINDING),
    answer: { status: 422, error: "Package binding '{ns}/{u}b' contains a circular reference." },
  },

  // listing and deleting
  {
    name: 'a binding is listed with its target',
    given: [target, bound],
    when: GET(`${PACKAGES}?limit=200`),
    answer: { status: 200, includes: { name: '{u}b', binding: { namespace: '{ns}', name: '{u}p' } } },
  },
  {
    name: 'a binding is deleted whatever its target contains',
    given: [target, bound, PUT(`${ACTIONS}/{u}p/a`, code(ECHO))],
    when: DELETE(BINDING),
    answer: { status: 200, body: { binding: { namespace: '{ns}', name: '{u}p' } } },
  },
  {
    name: 'deleting a binding by force leaves the actions of its target',
    given: [target, bound, PUT(`${ACTIONS}/{u}p/a`, code(ECHO)), DELETE(`${BINDING}?force=true`)],
    when: GET(`${ACTIONS}/{u}p/a`),
    answer: { status: 200 },
  },
  {
    name: 'a binding whose target is gone is deleted all the same',
    given: [target, bound, DELETE(TARGET)],
    when: DELETE(BINDING),
    answer: { status: 200 },
  },
  {
    name: 'an action cannot be read through a binding that is deleted',
    given: [target, PUT(`${ACTIONS}/{u}p/a`, code(ECHO)), bound, GET(`${ACTIONS}/{u}b/a`), DELETE(BINDING)],
    when: GET(`${ACTIONS}/{u}b/a`),
    answer: { status: 404, error: ERRORS.missing },
  },
]
