import { ANYTHING, type ContractRow } from '../contract-row.ts'
import { ACTIONS, API, code, ECHO, ERRORS, forbidden, malformed, PUT, sequence } from '../paths.ts'

const A = `${ACTIONS}/{u}a`
const B = `${ACTIONS}/{u}b`
const S = `${ACTIONS}/{u}s`
const two = [PUT(A, code(ECHO)), PUT(B, code(ECHO))]

/** What a sequence may be made of. */
export const sequenceWriteRows: readonly ContractRow[] = [
  {
    name: 'a sequence shows its components with their namespace, and as its parameter',
    given: two,
    when: PUT(S, { ...sequence('/_/{u}a', '/{ns}/{u}b'), parameters: [{ key: 'dropped', value: 1 }] }),
    answer: {
      status: 200,
      body: {
        exec: { kind: 'sequence', components: ['/{ns}/{u}a', '/{ns}/{u}b'], binary: undefined },
        parameters: [{ key: '_actions', value: ['/{ns}/{u}a', '/{ns}/{u}b'] }],
        annotations: [ANYTHING, { key: 'exec', value: 'sequence' }],
      },
    },
  },
  ...(
    [
      [
        'without components',
        { exec: { kind: 'sequence' } },
        malformed("'components' must be defined for sequence kind"),
      ],
      [
        'whose components are no array',
        { exec: { kind: 'sequence', components: 'a' } },
        malformed("'components' must be an array"),
      ],
      [
        'whose components are null',
        { exec: { kind: 'sequence', components: null } },
        malformed("'components' must be an array"),
      ],
      ['of an empty name', sequence(''), malformed('requirement failed: path undefined')],
      [
        'of an illegal name',
        sequence('/_/a$'),
        /^The request content was malformed:\nrequirement failed: path contains invalid parts \w+\(_, a\$\)$/,
      ],
      ['of a number', { exec: { kind: 'sequence', components: [5] } }, malformed('fully qualified name malformed')],
      [
        'of an object without a path',
        { exec: { kind: 'sequence', components: [{ name: 'a' }] } },
        malformed('fully qualified name malformed'),
      ],
      ['of no components', sequence(), 'No component specified for the sequence.'],
      [
        'of a component without a namespace',
        sequence('a'),
        malformed(
          'requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.',
        ),
      ],
      ['of a component that does not exist', sequence('/_/{u}none'), 'Sequence component does not exist.'],
      ['of itself', sequence('/_/{u}s'), 'Sequence may not refer to itself.'],
      [
        'of more than fifty',
        sequence(...Array.from({ length: 51 }, () => '/_/{u}a')),
        'Too many actions in the sequence.',
      ],
    ] as const
  ).map(([what, body, error]): ContractRow => ({
    name: `a sequence ${what} is refused`,
    given: two,
    when: PUT(S, body),
    answer: { status: 400, error },
  })),
  {
    name: 'a sequence of fifty is accepted',
    given: two,
    when: PUT(S, sequence(...Array.from({ length: 50 }, () => '/_/{u}a'))),
    answer: { status: 200 },
  },
  {
    name: 'nested sequences are counted by their atomic actions',
    given: [
      ...two,
      PUT(B, sequence(...Array.from({ length: 26 }, () => '/_/{u}a')), { expected: 409 }),
      PUT(`${B}?overwrite=true`, sequence(...Array.from({ length: 26 }, () => '/_/{u}a'))),
    ],
    when: PUT(S, sequence('/_/{u}b', '/_/{u}b')),
    answer: { status: 400, error: 'Too many actions in the sequence.' },
  },
  {
    name: 'a sequence that leads back to itself through another is refused',
    given: [...two, PUT(S, sequence('/_/{u}a')), PUT(`${B}?overwrite=true`, sequence('/_/{u}s'))],
    when: PUT(`${S}?overwrite=true`, sequence('/_/{u}b')),
    answer: { status: 400, error: 'Sequence may not refer to itself.' },
  },
  {
    name: 'a sequence may name its components by objects',
    given: two,
    when: PUT(S, { exec: { kind: 'sequence', components: [{ path: '_', name: '{u}a' }] } }),
    answer: { status: 200, body: { exec: { components: ['/{ns}/{u}a'] } } },
  },
  {
    name: 'a component in a missing package is 404',
    when: PUT(S, sequence('/_/{u}none/a')),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a component with too many parts to its name is 404',
    given: two,
    when: PUT(S, sequence('/_/{u}p/{u}q/a')),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'of a component in a private package of another namespace the package is named',
    given: [{ package: '{u}p', of: 'other' }],
    when: PUT(S, sequence('/{other}/{u}p/a')),
    answer: { status: 403, error: forbidden('{other}/{u}p') },
  },
  {
    name: 'of a component behind a binding to a private package the binding is named',
    given: [
      { package: '{u}p', of: 'other', publish: true },
      { package: '{u}b', binding: { namespace: '{other}', name: '{u}p' } },
      PUT(`${API}/namespaces/{other}/packages/{u}p?overwrite=true`, { publish: false }, { as: 'other' }),
    ],
    when: PUT(S, sequence('/_/{u}b/a')),
    answer: { status: 403, error: forbidden('{ns}/{u}b') },
  },
  {
    name: 'a component in a foreign namespace is forbidden',
    when: PUT(S, sequence('/{other}/{u}a')),
    answer: { status: 403, error: "The supplied authentication is not authorized to access '{other}/{u}a'." },
  },
  {
    name: 'parameters given to a sequence without exec are dropped',
    given: [...two, PUT(S, sequence('/_/{u}a'))],
    when: PUT(`${S}?overwrite=true`, { parameters: [{ key: 'x', value: 1 }] }),
    answer: { status: 200, body: { parameters: [{ key: '_actions', value: ['/{ns}/{u}a'] }] } },
  },
  {
    name: 'a sequence that becomes an action loses its components',
    given: [...two, PUT(S, sequence('/_/{u}a'))],
    when: PUT(`${S}?overwrite=true`, code(ECHO)),
    answer: { status: 200, body: { exec: { kind: 'nodejs:20' }, parameters: [] } },
  },
  {
    name: 'annotations are not removed from a sequence',
    given: [...two, PUT(S, { ...sequence('/_/{u}a'), annotations: [{ key: 'x', value: 1 }] })],
    when: PUT(`${S}?overwrite=true`, { ...sequence('/_/{u}a'), delAnnotations: ['x'] }),
    answer: {
      status: 200,
      body: { annotations: [{ key: 'x', value: 1 }, ANYTHING, { key: 'exec', value: 'sequence' }] },
    },
  },
]
