import type { ContractRow } from '../contract-row.ts'
import {
  ACTIONS,
  API,
  code,
  DELETE,
  ECHO,
  ERRORS,
  forbidden,
  GET,
  NS,
  POST,
  PUT,
  selfBinding,
  sequence,
} from '../paths.ts'

const PACKAGE = `${ACTIONS}/{u}p`
const IN_PACKAGE = `${PACKAGE}/a`
const BINDING = `${ACTIONS}/{u}b`
const THROUGH_BINDING = `${BINDING}/a`
const THEIR_PACKAGE = `${API}/namespaces/{other}/actions/{u}p`
const IN_THEIR_PACKAGE = `${THEIR_PACKAGE}/a`
const theirs = { as: 'other' } as const
const THEIRS = `${API}/namespaces/{other}/packages/{u}p`

const own = { package: '{u}p' }
const bound = { package: '{u}b', binding: { namespace: '{ns}', name: '{u}p' } }
const layered = [
  {
    package: '{u}p',
    parameters: [
      { key: 'a', value: 'package' },
      { key: 'b', value: 'package' },
      { key: 'c', value: 'package' },
    ],
  },
  {
    ...bound,
    parameters: [
      { key: 'b', value: 'binding' },
      { key: 'c', value: 'binding' },
    ],
  },
  PUT(
    IN_PACKAGE,
    code(ECHO, {
      parameters: [
        { key: 'c', value: 'action' },
        { key: 'd', value: 'action' },
      ],
    }),
  ),
]
const published = [{ package: '{u}p', of: 'other', publish: true }, PUT(IN_THEIR_PACKAGE, code(ECHO), theirs)] as const
const hidden = [{ package: '{u}p', of: 'other' }, PUT(IN_THEIR_PACKAGE, code(ECHO), theirs)] as const
const boundToTheirs = { package: '{u}b', binding: { namespace: '{other}', name: '{u}p' } }

/** Actions in packages, own and others', directly and through bindings. */
export const packageRows: readonly ContractRow[] = [
  {
    name: 'an action is written into a package',
    given: [own],
    when: PUT(IN_PACKAGE, code(ECHO)),
    answer: { status: 200, body: { namespace: '{ns}/{u}p', name: 'a' } },
  },
  {
    name: 'actions of the same name in different packages are different',
    given: [own, { package: '{u}q' }, PUT(IN_PACKAGE, code(ECHO))],
    when: GET(`${ACTIONS}/{u}q/a`),
    answer: { status: 404, error: ERRORS.missing },
  },
  ...(
    [
      ['GET', undefined, '{other}/{u}p'],
      ['PUT', code(ECHO), '{other}/{u}p/a'],
      ['DELETE', undefined, '{other}/{u}p/a'],
      ['POST', {}, '{other}/{u}p'],
    ] as const
  ).flatMap(([method, body, refused]): ContractRow[] => [
    {
      name: `${method} in a package that does not exist is 404`,
      when: { method, path: IN_PACKAGE, ...(body && { body }) },
      answer: { status: 404, error: ERRORS.missing },
    },
    {
      name: `${method} in an action as if it were a package is 409`,
      given: [PUT(PACKAGE, code(ECHO))],
      when: { method, path: IN_PACKAGE, ...(body && { body }) },
      answer: { status: 409, error: ERRORS.otherCollection },
    },
    {
      name: `${method} in a package of another namespace that does not exist is 403`,
      when: { method, path: IN_THEIR_PACKAGE, ...(body && { body }) },
      answer: { status: 403, error: forbidden(refused) },
    },
    {
      name: `${method} in a package of another namespace that is not published is 403`,
      given: hidden,
      when: { method, path: IN_THEIR_PACKAGE, ...(body && { body }) },
      answer: { status: 403, error: forbidden(refused) },
    },
  ]),
  {
    name: 'a missing action in a package is 404',
    given: [own],
    when: GET(IN_PACKAGE),
    answer: { status: 404, error: ERRORS.missing },
  },

  // published packages of others
  {
    name: 'an action of a published package of another namespace is read',
    given: published,
    when: GET(IN_THEIR_PACKAGE),
    answer: { status: 200, body: { namespace: '{other}/{u}p', exec: { code: ECHO } } },
  },
  {
    name: 'an action of a published package of another namespace is invoked',
    given: published,
    when: POST(`${IN_THEIR_PACKAGE}?blocking=true`, { x: 1 }),
    answer: { status: 200, body: { namespace: '{ns}', subject: /.+/, response: { result: { x: 1 } } } },
  },
  {
    name: 'a missing action of a published package of another namespace is 404',
    given: published,
    when: GET(`${THEIR_PACKAGE}/none`),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'nobody else writes into a published package',
    given: published,
    when: PUT(`${IN_THEIR_PACKAGE}?overwrite=true`, code(ECHO)),
    answer: { status: 403, error: forbidden('{other}/{u}p/a') },
  },
  {
    name: 'nobody else deletes from a published package',
    given: published,
    when: DELETE(IN_THEIR_PACKAGE),
    answer: { status: 403, error: forbidden('{other}/{u}p/a') },
  },
  {
    name: 'publishing an action shares nothing',
    given: [PUT(`${API}/namespaces/{other}/actions/{u}`, code(ECHO, { publish: true }), theirs)],
    when: GET(`${API}/namespaces/{other}/actions/{u}`),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },

  // listings of packages
  {
    name: 'the listing of a package that does not exist is 404',
    when: GET(`${PACKAGE}/`),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'the listing of an action as if it were a package is 409',
    given: [PUT(PACKAGE, code(ECHO))],
    when: GET(`${PACKAGE}/`),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'the listing of a package of another namespace that does not exist is 403',
    when: GET(`${THEIR_PACKAGE}/`),
    answer: { status: 403, error: forbidden('{other}/{u}p') },
  },
  {
    name: 'the listing of a published package of another namespace is shown',
    given: published,
    when: GET(`${THEIR_PACKAGE}/`),
    answer: { status: 200, body: [{ namespace: '{other}/{u}p', name: 'a' }] },
  },
  {
    name: 'the listing of a binding shows the actions of its target',
    given: [own, bound, PUT(IN_PACKAGE, code(ECHO))],
    when: GET(`${BINDING}/`),
    answer: { status: 200, body: [{ namespace: '{ns}/{u}p', name: 'a' }] },
  },

  // parameters
  {
    name: 'an action in a package is read with the parameters of the package under its own',
    given: layered,
    when: GET(IN_PACKAGE),
    answer: {
      status: 200,
      body: {
        parameters: [
          { key: 'a', value: 'package' },
          { key: 'b', value: 'package' },
          { key: 'c', value: 'action' },
          { key: 'd', value: 'action' },
        ],
      },
    },
  },
  {
    name: 'an action read through a binding has the parameters of package, binding and action',
    given: layered,
    when: GET(THROUGH_BINDING),
    answer: {
      status: 200,
      body: {
        namespace: '{ns}/{u}p',
        parameters: [
          { key: 'a', value: 'package' },
          { key: 'b', value: 'binding' },
          { key: 'c', value: 'action' },
          { key: 'd', value: 'action' },
        ],
      },
    },
  },
  {
    name: 'an action invoked through a binding gets the parameters of package, binding, action and request',
    given: layered,
    when: POST(`${THROUGH_BINDING}?blocking=true&result=true`, { d: 'request', e: 'request' }),
    answer: { status: 200, body: { a: 'package', b: 'binding', c: 'action', d: 'request', e: 'request' } },
  },
  {
    name: 'parameters of the package are not written into the action',
    given: [...layered, PUT(`${IN_PACKAGE}?overwrite=true`, {})],
    when: DELETE(IN_PACKAGE),
    answer: {
      status: 200,
      body: {
        parameters: [
          { key: 'c', value: 'action' },
          { key: 'd', value: 'action' },
        ],
      },
    },
  },

  // bindings
  {
    name: 'without the code an action read through a binding names the binding',
    given: [own, bound, PUT(IN_PACKAGE, code(ECHO))],
    when: GET(`${THROUGH_BINDING}?code=false`),
    answer: { status: 200, body: { namespace: '{ns}/{u}p', binding: '{ns}/{u}b' } },
  },
  {
    name: 'with the code an action read through a binding does not name it',
    given: [own, bound, PUT(IN_PACKAGE, code(ECHO))],
    when: GET(THROUGH_BINDING),
    answer: { status: 200, body: { binding: undefined } },
  },
  {
    name: 'no action is written through a binding',
    given: [own, bound],
    when: PUT(THROUGH_BINDING, code(ECHO)),
    answer: { status: 400, error: 'Operation not permitted on package binding.' },
  },
  {
    name: 'no action is deleted through a binding',
    given: [own, bound, PUT(IN_PACKAGE, code(ECHO))],
    when: DELETE(THROUGH_BINDING),
    answer: { status: 400, error: 'Operation not permitted on package binding.' },
  },
  {
    name: 'a binding of a published package of another namespace may be used',
    given: [...published, boundToTheirs],
    when: POST(`${THROUGH_BINDING}?blocking=true&result=true`, { x: 1 }),
    answer: { status: 200, body: { x: 1 } },
  },
  {
    name: 'a binding of a package that is not published any more is 403',
    given: [...published, boundToTheirs, PUT(`${THEIRS}?overwrite=true`, { publish: false }, theirs)],
    when: GET(THROUGH_BINDING),
    answer: { status: 403, error: forbidden('{ns}/{u}b') },
  },
  {
    name: 'a binding of a package of another namespace that is gone is 403',
    given: [...published, boundToTheirs, DELETE(`${THEIRS}?force=true`, theirs)],
    when: GET(THROUGH_BINDING),
    answer: { status: 403, error: forbidden('{ns}/{u}b') },
  },
  {
    name: 'a binding of a package of the own namespace that is gone is 404',
    given: [own, bound, DELETE(`${NS}/packages/{u}p`)],
    when: GET(THROUGH_BINDING),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a binding of a package that is not published any more is not run either',
    given: [...published, boundToTheirs, PUT(`${THEIRS}?overwrite=true`, { publish: false }, theirs)],
    when: POST(THROUGH_BINDING, {}),
    answer: { status: 403, error: forbidden('{ns}/{u}b') },
  },
  {
    name: 'a sequence is not run with components in packages that are not published any more, each named once',
    given: [
      ...published,
      { package: '{u}o', of: 'other', publish: true },
      PUT(`${API}/namespaces/{other}/actions/{u}o/a`, code(ECHO), theirs),
      PUT(`${ACTIONS}/{u}s`, sequence('/{other}/{u}p/a', '/{other}/{u}o/a', '/{other}/{u}p/a')),
      PUT(`${THEIRS}?overwrite=true`, { publish: false }, theirs),
      PUT(`${API}/namespaces/{other}/packages/{u}o?overwrite=true`, { publish: false }, theirs),
    ],
    when: POST(`${ACTIONS}/{u}s`, {}),
    answer: { status: 403, error: forbidden('{other}/{u}o, {other}/{u}p') },
  },
  {
    name: "a binding of somebody else's is 403 even when its target is published",
    given: [
      { ...own, publish: true },
      { package: '{u}b', of: 'other', publish: true, binding: { namespace: '{ns}', name: '{u}p' } },
    ],
    when: GET(`${API}/namespaces/{other}/actions/{u}b/a`),
    answer: { status: 403, error: forbidden('{other}/{u}b') },
  },
  {
    name: 'a binding to itself is 422',
    given: [selfBinding],
    when: GET(THROUGH_BINDING),
    answer: { status: 422, error: "Package binding '{ns}/{u}b' contains a circular reference." },
  },
]
