import { ANYTHING, type ContractRow, type RequestStep } from '../contract-row.ts'
import {
  ACTION,
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
  TEXT_TYPE,
  UNTYPED,
} from '../paths.ts'

const RULES = `${NS}/rules`
const RULE = `${RULES}/{u}r`
const TRIGGER = `${NS}/triggers/{u}t`
const SECOND_TRIGGER = `${NS}/triggers/{u}t2`
const THEIRS = `${API}/namespaces/{other}/rules/{u}r`
const LISTED = ['namespace', 'name', 'version', 'publish', 'annotations', 'updated', 'trigger', 'action']
const FIELDS = [...LISTED, 'status']
const content = { trigger: '/_/{u}t', action: '/_/{u}' }
const rule = PUT(RULE, content)
const parts = [echoAction, PUT(TRIGGER, {})]
const linked = [...parts, rule]
const update = (body: object): RequestStep => PUT(`${RULE}?overwrite=true`, body)
const set = (status: unknown, extra: { expected?: number } = {}): RequestStep => POST(RULE, { status }, extra)
const link = (status: string): object => ({ rules: { '{ns}/{u}r': { action: { path: '{ns}', name: '{u}' }, status } } })
const NO_NAMESPACE = malformed(
  'requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.',
)

export const ruleRows: readonly ContractRow[] = [
  // making
  {
    name: 'a rule is made active, with exactly these fields',
    given: parts,
    when: rule,
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        namespace: '{ns}',
        name: '{u}r',
        version: '0.0.1',
        publish: false,
        annotations: [],
        updated: ANYTHING,
        status: 'active',
        trigger: { path: '{ns}', name: '{u}t' },
        action: { path: '{ns}', name: '{u}' },
      },
    },
  },
  ...(
    [
      ['an empty text', ''],
      ['inactive', 'inactive'],
      ['a number', 7],
      ['null', null],
    ] as const
  ).map(([what, status]): ContractRow => ({
    name: `a status of ${what} given to a new rule is ignored`,
    given: parts,
    when: PUT(RULE, { ...content, status }),
    answer: { status: 200, body: { status: 'active' } },
  })),
  {
    name: 'a rule may name trigger and action by objects',
    given: parts,
    when: PUT(RULE, { trigger: { path: '{ns}', name: '{u}t' }, action: { path: '_', name: '{u}' } }),
    answer: { status: 200, body: { trigger: { path: '{ns}', name: '{u}t' }, action: { path: '{ns}', name: '{u}' } } },
  },
  {
    name: 'a rule may name trigger and action without a slash before the namespace',
    given: parts,
    when: PUT(RULE, { trigger: '{ns}/{u}t', action: '_/{u}' }),
    answer: { status: 200, body: { trigger: { path: '{ns}', name: '{u}t' }, action: { path: '{ns}', name: '{u}' } } },
  },
  {
    name: 'a rule keeps annotations and publish flag',
    given: parts,
    when: PUT(RULE, { ...content, annotations: [{ key: 'a', value: 1 }], publish: true, version: '1.0.0' }),
    answer: { status: 200, body: { annotations: [{ key: 'a', value: 1 }], publish: true, version: '1.0.0' } },
  },
  {
    name: 'a rule may name an action in a package',
    given: [PUT(TRIGGER, {}), PUT(`${NS}/packages/{u}p`, {}), PUT(`${ACTIONS}/{u}p/a`, code(ECHO))],
    when: PUT(RULE, { trigger: '/_/{u}t', action: '/_/{u}p/a' }),
    answer: { status: 200, body: { action: { path: '{ns}/{u}p', name: 'a' } } },
  },
  {
    name: 'a rule keeps the name of a binding as it was given',
    given: [
      PUT(TRIGGER, {}),
      PUT(`${NS}/packages/{u}p`, {}),
      PUT(`${NS}/packages/{u}b`, { binding: { namespace: '_', name: '{u}p' } }),
      PUT(`${ACTIONS}/{u}p/a`, code(ECHO)),
    ],
    when: PUT(RULE, { trigger: '/_/{u}t', action: '/_/{u}b/a' }),
    answer: { status: 200, body: { action: { path: '{ns}/{u}b', name: 'a' } } },
  },
  {
    name: 'a rule may name an action of a published package of another namespace',
    given: [
      PUT(TRIGGER, {}),
      PUT(`${API}/namespaces/{other}/packages/{u}p`, { publish: true }, { as: 'other' }),
      PUT(`${API}/namespaces/{other}/actions/{u}p/a`, code(ECHO), { as: 'other' }),
    ],
    when: PUT(RULE, { trigger: '/_/{u}t', action: '/{other}/{u}p/a' }),
    answer: { status: 200, body: { action: { path: '{other}/{u}p', name: 'a' } } },
  },
  ...(
    [
      ['without trigger and action', {}],
      ['without an action', { trigger: '/_/{u}t' }],
      ['without a trigger', { action: '/_/{u}' }],
      ['whose trigger is null', { ...content, trigger: null }],
    ] as const
  ).map(([what, body]): ContractRow => ({
    name: `a rule ${what} is not made`,
    given: parts,
    when: PUT(RULE, body),
    answer: { status: 400, error: 'rule requires a valid trigger and a valid action' },
  })),
  {
    name: 'a rule is not made for a missing trigger',
    given: [echoAction],
    when: rule,
    answer: { status: 400, error: 'trigger /{ns}/{u}t does not exist' },
  },
  {
    name: 'a rule is not made for a missing action',
    given: [PUT(TRIGGER, {})],
    when: rule,
    answer: { status: 400, error: 'action /{ns}/{u} does not exist' },
  },
  {
    name: 'a rule is not made for a missing action of a package',
    given: [PUT(TRIGGER, {}), PUT(`${NS}/packages/{u}p`, {})],
    when: PUT(RULE, { trigger: '/_/{u}t', action: '/_/{u}p/none' }),
    answer: { status: 400, error: 'action /{ns}/{u}p/none does not exist' },
  },
  {
    name: 'a rule is not made for an action in a missing package',
    given: [PUT(TRIGGER, {})],
    when: PUT(RULE, { trigger: '/_/{u}t', action: '/_/{u}p/a' }),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a rule is not made for an action in what is no package',
    given: parts,
    when: PUT(RULE, { trigger: '/_/{u}t', action: '/_/{u}/a' }),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a rule is not made for an action as its trigger',
    given: parts,
    when: PUT(RULE, { ...content, trigger: '/_/{u}' }),
    answer: { status: 400, error: /./ },
  },
  {
    name: 'a rule is not made for a trigger as its action',
    given: parts,
    when: PUT(RULE, { ...content, action: '/_/{u}t' }),
    answer: { status: 400, error: /./ },
  },
  ...(
    [
      ['a trigger without a namespace', { ...content, trigger: '{u}t' }, NO_NAMESPACE],
      ['an action without a namespace', { ...content, action: '/{u}' }, NO_NAMESPACE],
      ['an empty action', { ...content, action: '' }, malformed('requirement failed: path undefined')],
      ['an action of slashes', { ...content, action: '//' }, malformed('requirement failed: path undefined')],
      ['an empty trigger', { ...content, trigger: '' }, malformed('requirement failed: path undefined')],
      [
        'an illegal name of its action',
        { ...content, action: '/_/a$' },
        /^The request content was malformed:\nrequirement failed: path contains invalid parts \w+\(_, a\$\)$/,
      ],
      [
        'an illegal name of its trigger',
        { ...content, trigger: '-n/t' },
        /^The request content was malformed:\nrequirement failed: path contains invalid parts \w+\(-n, t\)$/,
      ],
      ...[
        { path: '_' },
        { name: 'a' },
        {},
        { path: '_', name: 'a$' },
        { path: '', name: 'a' },
        { path: '_', name: 7 },
        { path: '_', name: 'a', version: 'x' },
        7,
        true,
        [],
      ].map(
        (action) =>
          [
            `${JSON.stringify(action)} for an action`,
            { ...content, action },
            malformed('fully qualified name malformed'),
          ] as const,
      ),
      ['a number for a trigger', { ...content, trigger: 7 }, malformed('fully qualified name malformed')],
      ['malformed annotations', { ...content, annotations: 7 }, malformed('parameters malformed!')],
      ['a publish flag that is a text', { ...content, publish: 'yes' }, malformed('Expected JsBoolean, but got "yes"')],
      ['a version that is a number', { ...content, version: 1 }, malformed('semantic version malformed')],
      ['an exec that is a text', { ...content, exec: 'x' }, malformed('JSON object expected')],
      ['parameters that are a text', { ...content, parameters: 'x' }, malformed('parameters malformed!')],
      ...['"x"', '5', 'null', '[]'].map(
        (body) => [`a body that is ${body}`, body, malformed("Object expected in field 'exec'")] as const,
      ),
      ['an empty body of JSON', '', EMPTY_JSON],
      [
        'several faults, for its trigger before its action,',
        { trigger: 7, action: '', version: 1 },
        malformed('fully qualified name malformed'),
      ],
      [
        'several faults, for its action before its version,',
        { ...content, action: '', version: 1 },
        malformed('requirement failed: path undefined'),
      ],
    ] as const
  ).map(([what, body, error]): ContractRow => ({
    name: `a rule with ${what} is refused`,
    given: parts,
    when: PUT(RULE, body),
    answer: { status: 400, error },
  })),
  {
    name: 'a rule is not made for an action with too many parts to its name',
    given: parts,
    when: PUT(RULE, { ...content, action: '/_/a/b/c' }),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a rule is not made for a trigger with too many parts to its name',
    given: parts,
    when: PUT(RULE, { ...content, trigger: '/_/a/b' }),
    answer: { status: 400, error: 'trigger /{ns}/a/b does not exist' },
  },
  {
    name: 'a rule whose body has no type is refused',
    given: parts,
    when: PUT(RULE, content, { headers: { 'content-type': null } }),
    answer: { status: 415, error: UNTYPED },
  },
  {
    name: 'a rule with too large annotations is refused',
    given: parts,
    when: PUT(RULE, { ...content, annotations: [{ key: 'k', value: 'v'.repeat(1048576) }] }),
    answer: { status: 413, error: 'annotations larger than allowed: 1048579 > 1048576 bytes.' },
  },
  {
    name: 'a trigger of another namespace cannot be referred to',
    given: parts,
    when: PUT(RULE, { ...content, trigger: '/{other}/x' }),
    answer: { status: 403, error: forbidden('{other}/x') },
  },
  {
    name: 'all that cannot be referred to is named, in order',
    given: parts,
    when: PUT(RULE, { trigger: '/{other}/y', action: '/{other}/x' }),
    answer: { status: 403, error: forbidden('{other}/x, {other}/y') },
  },
  {
    name: 'of an action in a private package of another namespace the package is named',
    given: [...parts, PUT(`${API}/namespaces/{other}/packages/{u}p`, {}, { as: 'other' })],
    when: PUT(RULE, { ...content, action: '/{other}/{u}p/a' }),
    answer: { status: 403, error: forbidden('{other}/{u}p') },
  },
  {
    name: 'the right to refer is judged before the rule that exists',
    given: linked,
    when: PUT(RULE, { ...content, trigger: '/{other}/x' }),
    answer: { status: 403, error: forbidden('{other}/x') },
  },
  {
    name: 'a rule that exists is not made again',
    given: linked,
    when: rule,
    answer: { status: 409, error: 'resource already exists' },
  },
  {
    name: 'a rule and its trigger cannot have the same name',
    given: parts,
    when: PUT(`${RULES}/{u}t?overwrite=true`, content),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a rule of another namespace is not written',
    given: parts,
    when: PUT(THEIRS, content),
    answer: { status: 403, error: forbidden('{other}/{u}r') },
  },
  {
    name: 'a rule without a body is refused',
    when: PUT(RULE),
    answer: { status: 400, error: 'Request entity expected but not supplied' },
  },

  // updating
  {
    name: 'an update of a rule keeps what it does not give and raises the version',
    given: [...parts, PUT(RULE, { ...content, annotations: [{ key: 'a', value: 1 }] })],
    when: update({}),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        version: '0.0.2',
        status: 'active',
        annotations: [{ key: 'a', value: 1 }],
        trigger: { path: '{ns}', name: '{u}t' },
        action: { path: '{ns}', name: '{u}' },
      },
    },
  },
  {
    name: 'an update of a rule replaces its annotations',
    given: [...parts, PUT(RULE, { ...content, annotations: [{ key: 'a', value: 1 }] })],
    when: update({ annotations: [{ key: 'b', value: 1 }] }),
    answer: { status: 200, body: { annotations: [{ key: 'b', value: 1 }] } },
  },
  {
    name: 'an update of an inactive rule leaves it inactive',
    given: [...linked, set('inactive')],
    when: update({ ...content, status: 'active' }),
    answer: { status: 200, body: { status: 'inactive' } },
  },
  {
    name: 'an active rule may get another action, and its trigger knows',
    given: [...linked, PUT(`${ACTION}2`, code(ECHO)), update({ action: '/_/{u}2' })],
    when: GET(TRIGGER),
    answer: {
      status: 200,
      body: { rules: { '{ns}/{u}r': { action: { path: '{ns}', name: '{u}2' }, status: 'active' } } },
    },
  },
  {
    name: 'a rule that gets another trigger is linked to it',
    given: [...linked, PUT(SECOND_TRIGGER, {}), update({ trigger: '/_/{u}t2' })],
    when: GET(SECOND_TRIGGER),
    answer: { status: 200, body: link('active') },
  },
  {
    name: 'a rule that gets another trigger is linked to the old one no more',
    given: [...linked, PUT(SECOND_TRIGGER, {}), update({ trigger: '/_/{u}t2' })],
    when: GET(TRIGGER),
    answer: { status: 200, body: { rules: { '{ns}/{u}r': undefined } } },
  },
  {
    name: 'a rule is not updated to a missing trigger',
    given: linked,
    when: update({ trigger: '/_/{u}none' }),
    answer: { status: 400, error: 'trigger /{ns}/{u}none does not exist' },
  },
  {
    name: 'a rule whose trigger is gone is not updated without another',
    given: [...linked, DELETE(TRIGGER)],
    when: update({}),
    answer: { status: 400, error: 'trigger /{ns}/{u}t does not exist' },
  },
  {
    name: 'a rule whose action is gone is not updated without another',
    given: [...linked, DELETE(ACTION)],
    when: update({}),
    answer: { status: 400, error: 'action /{ns}/{u} does not exist' },
  },
  {
    name: 'overwriting a rule that does not exist makes it',
    given: parts,
    when: update(content),
    answer: { status: 200, body: { version: '0.0.1', status: 'active' } },
  },

  // reading
  {
    name: 'a rule is read with its status, and exactly these fields',
    given: linked,
    when: GET(RULE),
    answer: { status: 200, fields: FIELDS, body: { status: 'active', trigger: { path: '{ns}', name: '{u}t' } } },
  },
  {
    name: 'a missing rule is 404',
    when: GET(RULE),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a trigger is not read as a rule',
    given: parts,
    when: GET(`${RULES}/{u}t`),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a rule of another namespace is forbidden',
    when: GET(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}r') },
  },
  {
    name: 'a rule is listed without its status, with exactly these fields',
    given: linked,
    when: GET(`${RULES}/?limit=200`),
    answer: {
      status: 200,
      includes: { name: '{u}r', trigger: { path: '{ns}', name: '{u}t' }, action: { path: '{ns}', name: '{u}' } },
      itemFields: LISTED,
    },
  },
  {
    name: 'the rules are counted',
    given: linked,
    when: GET(`${RULES}?count=true`),
    answer: { status: 200, fields: ['rules'], body: { rules: /^[1-9]\d*$/ } },
  },
  {
    name: 'the rules of another namespace are forbidden',
    when: GET(`${API}/namespaces/{other}/rules`),
    answer: { status: 403, error: forbidden('{other}') },
  },
  {
    name: 'a negative limit of rules is refused',
    when: GET(`${RULES}?limit=-1`),
    answer: {
      status: 400,
      error: malformedQuery('limit', "The value '-1' is not in the range of 0 to 200 for rules."),
    },
  },

  // status
  ...(['active', 'inactive'] as const).flatMap((status): ContractRow[] => [
    {
      name: `an active rule told to be ${status} is answered with the text OK`,
      given: linked,
      when: set(status),
      answer: { status: 200, text: 'OK', headers: { 'content-type': TEXT_TYPE } },
    },
    {
      name: `an inactive rule told to be ${status} is answered with the text OK`,
      given: [...linked, set('inactive')],
      when: set(status),
      answer: { status: 200, text: 'OK' },
    },
    {
      name: `a rule told to be ${status} is so`,
      given: [...linked, set(status)],
      when: GET(RULE),
      answer: { status: 200, body: { status, version: '0.0.1' } },
    },
    {
      name: `the trigger of a rule told to be ${status} knows`,
      given: [...linked, set(status)],
      when: GET(TRIGGER),
      answer: { status: 200, body: link(status) },
    },
  ]),
  {
    name: 'a rule is active again',
    given: [...linked, set('inactive'), set('active')],
    when: GET(RULE),
    answer: { status: 200, body: { status: 'active' } },
  },
  {
    name: 'the status of a missing rule is 404',
    when: set('active'),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'the status of a rule of another namespace is forbidden',
    when: POST(THEIRS, { status: 'active' }),
    answer: { status: 403, error: forbidden('{other}/{u}r') },
  },
  {
    name: 'a rule is not told to be in a state that nobody knows',
    given: linked,
    when: set('xxx'),
    answer: { status: 400, error: malformed('requirement failed: xxx is not a recognized rule state') },
  },
  {
    name: 'a rule is not told nothing',
    given: linked,
    when: POST(RULE, {}),
    answer: { status: 400, error: malformed('key not found: status') },
  },
  {
    name: 'a rule is not told anything without a body',
    given: linked,
    when: POST(RULE),
    answer: { status: 400, error: 'Request entity expected but not supplied' },
  },
  {
    name: 'a rule is not told anything by an empty body of JSON',
    given: linked,
    when: POST(RULE, ''),
    answer: { status: 400, error: EMPTY_JSON },
  },
  {
    name: 'a rule is not told anything by a body without a type',
    given: linked,
    when: POST(RULE, { status: 'active' }, { headers: { 'content-type': null } }),
    answer: { status: 415, error: UNTYPED },
  },
  ...[7, null, true, [], {}].map((status): ContractRow => ({
    name: `a rule is not told to be ${JSON.stringify(status)}`,
    given: linked,
    when: set(status),
    answer: { status: 400, error: /^The request content was malformed:\n\S+ \(of class [\w.]+\$?\)$/ },
  })),
  ...['[]', '5', 'null', '"active"'].map((body): ContractRow => ({
    name: `a rule is not told anything by ${body}`,
    given: linked,
    when: POST(RULE, body),
    answer: { status: 400, error: /^The request content was malformed:\n\S+ \(of class [\w.]+\$?\)$/ },
  })),

  // deletions
  {
    name: 'a deleted rule is answered as inactive',
    given: linked,
    when: DELETE(RULE),
    answer: { status: 200, fields: FIELDS, body: { name: '{u}r', status: 'inactive', version: '0.0.1' } },
  },
  {
    name: 'a deleted rule is gone',
    given: [...linked, DELETE(RULE)],
    when: GET(RULE),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'the trigger of a deleted rule knows it no more',
    given: [...linked, DELETE(RULE)],
    when: GET(TRIGGER),
    answer: { status: 200, body: { rules: { '{ns}/{u}r': undefined } } },
  },
  {
    name: 'deleting a missing rule is 404',
    when: DELETE(RULE),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'a trigger is not deleted as a rule',
    given: parts,
    when: DELETE(`${RULES}/{u}t`),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a rule whose trigger is gone reads inactive',
    given: [...linked, DELETE(TRIGGER)],
    when: GET(RULE),
    answer: { status: 200, body: { status: 'inactive', trigger: { name: '{u}t' } } },
  },
  {
    name: 'a rule whose trigger is gone may be told to be inactive',
    given: [...linked, DELETE(TRIGGER)],
    when: set('inactive'),
    answer: { status: 200, text: 'OK' },
  },
  {
    name: 'a rule whose trigger is gone cannot be active',
    given: [...linked, DELETE(TRIGGER)],
    when: set('active'),
    answer: { status: 404, error: 'Only rules with existing triggers can be activated' },
  },
  {
    name: 'a rule whose trigger is gone may be deleted',
    given: [...linked, DELETE(TRIGGER)],
    when: DELETE(RULE),
    answer: { status: 200, body: { status: 'inactive' } },
  },
  {
    name: 'a trigger that is made again has no rules',
    given: [...linked, DELETE(TRIGGER), PUT(TRIGGER, {})],
    when: GET(RULE),
    answer: { status: 200, body: { status: 'inactive' } },
  },
  {
    name: 'activating a rule links it to a trigger that was made again',
    given: [...linked, DELETE(TRIGGER), PUT(TRIGGER, {}), set('active')],
    when: GET(TRIGGER),
    answer: { status: 200, body: link('active') },
  },
  {
    name: 'an update links a rule to a trigger that was made again, inactive',
    given: [...linked, DELETE(TRIGGER), PUT(TRIGGER, {}), update({})],
    when: GET(TRIGGER),
    answer: { status: 200, body: link('inactive') },
  },
  {
    name: 'a rule whose action is gone stays active',
    given: [...linked, DELETE(ACTION)],
    when: GET(RULE),
    answer: { status: 200, body: { status: 'active' } },
  },
  {
    name: 'a rule whose action is gone may be made inactive',
    given: [...linked, DELETE(ACTION), set('inactive')],
    when: GET(RULE),
    answer: { status: 200, body: { status: 'inactive' } },
  },
]
