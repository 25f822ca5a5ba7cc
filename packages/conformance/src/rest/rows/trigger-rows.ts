import { AnyOrder, ANYTHING, JsonInText, type ContractRow } from '../contract-row.ts'
import {
  ACTION,
  ACTIVATIONS,
  API,
  DELETE,
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

const TRIGGERS = `${NS}/triggers`
const TRIGGER = `${TRIGGERS}/{u}t`
const RULE = `${NS}/rules/{u}r`
const THEIRS = `${API}/namespaces/{other}/triggers/{u}t`
const FIELDS = ['namespace', 'name', 'version', 'publish', 'annotations', 'parameters', 'limits', 'updated']
const made = PUT(TRIGGER, {})
const linked = [echoAction, made, PUT(RULE, { trigger: '/_/{u}t', action: '/_/{u}' })]
const LINKS = { '{ns}/{u}r': { action: { path: '{ns}', name: '{u}' }, status: 'active' } }
const ID = /^[0-9a-f]{32}$/
const withFeed = (value: unknown): object => ({ annotations: [{ key: 'feed', value }] })

export const triggerRows: readonly ContractRow[] = [
  // writing
  {
    name: 'a trigger made of nothing has defaults and exactly these fields',
    when: made,
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        namespace: '{ns}',
        name: '{u}t',
        version: '0.0.1',
        publish: false,
        annotations: [],
        parameters: [],
        limits: {},
        updated: ANYTHING,
      },
    },
  },
  {
    name: 'a trigger keeps parameters, annotations, version and publish flag, but no limits and no rules',
    given: [
      PUT(TRIGGER, {
        parameters: [{ key: 'p', value: null }],
        annotations: [{ key: 'a', value: 'b' }],
        version: '1.2',
        publish: true,
        limits: { memory: 1 },
        rules: LINKS,
      }),
    ],
    when: GET(TRIGGER),
    answer: {
      status: 200,
      fields: FIELDS,
      body: {
        parameters: [{ key: 'p', value: null }],
        annotations: [{ key: 'a', value: 'b' }],
        version: '1.2.0',
        publish: true,
        limits: {},
      },
    },
  },
  {
    name: 'a trigger that exists is not made again',
    given: [made],
    when: made,
    answer: { status: 409, error: 'resource already exists' },
  },
  {
    name: 'overwriting a trigger that does not exist makes it',
    when: PUT(`${TRIGGER}?overwrite=true`, {}),
    answer: { status: 200, body: { version: '0.0.1' } },
  },
  {
    name: 'an update of a trigger replaces what it gives, keeps the rest and raises the version',
    given: [
      PUT(TRIGGER, {
        parameters: [{ key: 'p', value: 1 }],
        annotations: [
          { key: 'a', value: 1 },
          { key: 'b', value: 1 },
        ],
      }),
    ],
    when: PUT(`${TRIGGER}?overwrite=true`, { annotations: [{ key: 'c', value: 1 }] }),
    answer: {
      status: 200,
      body: { parameters: [{ key: 'p', value: 1 }], annotations: [{ key: 'c', value: 1 }], version: '0.0.2' },
    },
  },
  {
    name: 'an update of a trigger keeps its rules',
    given: [...linked, PUT(`${TRIGGER}?overwrite=true`, { parameters: [{ key: 'p', value: 1 }] })],
    when: GET(TRIGGER),
    answer: { status: 200, fields: [...FIELDS, 'rules'], body: { rules: LINKS, version: '0.0.2' } },
  },
  ...(
    [
      ['parameters as an object', { parameters: {} }, malformed('parameters malformed!')],
      ['a parameter without a value', { parameters: [{ key: 'a' }] }, malformed('parameters malformed!')],
      ['annotations as a text', { annotations: 'a' }, malformed('parameters malformed!')],
      ['a malformed version', { version: '1.x' }, malformed('semantic version malformed')],
      ['a publish flag that is a number', { publish: 1 }, malformed('Expected JsBoolean, but got 1')],
      ...['"x"', '5', 'null', '[]'].map(
        (body) => [`a body that is ${body}`, body, malformed("Object expected in field 'exec'")] as const,
      ),
      ['an empty body of JSON', '', EMPTY_JSON],
      ['limits that are a number', { limits: 5 }, malformed('Object expected')],
      ['limits that are an array', { limits: [] }, malformed('Object expected')],
      ['an exec that is a text', { exec: 'x' }, malformed('JSON object expected')],
      [
        'an exec without a kind, before its parameters are read,',
        { exec: {}, parameters: 1 },
        malformed("'kind' must be a string defined in 'exec'"),
      ],
      [
        'annotations and a version that are numbers, for its annotations,',
        { version: 1, annotations: 1 },
        malformed('parameters malformed!'),
      ],
      [
        'limits, version and publish flag that are texts, for its limits,',
        { publish: 'x', version: 'x', limits: 'x' },
        malformed('Object expected'),
      ],
      [
        'version and publish flag that are texts, for its version,',
        { publish: 'x', version: 'x' },
        malformed('semantic version malformed'),
      ],
      ['the name of a feed that is a number', withFeed(7), 'Feed name is not valid'],
      ['the name of a feed that is a boolean', withFeed(true), 'Feed name is not valid'],
      ['an empty name of a feed', withFeed(''), 'Feed name is not valid'],
      ['an illegal name of a feed', withFeed('/ns/a$/b'), 'Feed name is not valid'],
    ] as const
  ).map(([what, body, error]): ContractRow => ({
    name: `a trigger with ${what} is refused`,
    when: PUT(TRIGGER, body),
    answer: { status: 400, error },
  })),
  ...['alarm', '/whisk.system/alarms/alarm', 'a/b/c/d'].map((feed): ContractRow => ({
    name: `a trigger may be fed by ${feed}`,
    when: PUT(TRIGGER, withFeed(feed)),
    answer: { status: 200, body: { annotations: [{ key: 'feed', value: feed }] } },
  })),
  {
    name: 'the name of a feed is not looked at by an update',
    given: [made],
    when: PUT(`${TRIGGER}?overwrite=true`, withFeed(7)),
    answer: { status: 200, body: { annotations: [{ key: 'feed', value: 7 }] } },
  },
  {
    name: 'a trigger without a body is refused',
    when: PUT(TRIGGER),
    answer: { status: 400, error: 'Request entity expected but not supplied' },
  },
  {
    name: 'a trigger whose body has no type is refused',
    when: PUT(TRIGGER, {}, { headers: { 'content-type': null } }),
    answer: { status: 415, error: UNTYPED },
  },
  {
    name: 'the body of a trigger is read before it is asked whether to overwrite',
    when: PUT(`${TRIGGER}?overwrite=maybe`, []),
    answer: { status: 400, error: malformed("Object expected in field 'exec'") },
  },
  {
    name: 'a trigger with too large parameters is refused',
    when: PUT(TRIGGER, { parameters: [{ key: 'k', value: 'v'.repeat(1048576) }] }),
    answer: { status: 413, error: 'parameters larger than allowed: 1048579 > 1048576 bytes.' },
  },
  {
    name: 'a trigger is not written over an action',
    given: [echoAction],
    when: PUT(`${TRIGGERS}/{u}?overwrite=true`, {}),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'an action is not written over a trigger',
    given: [PUT(`${TRIGGERS}/{u}`, {})],
    when: echoAction,
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a trigger of another namespace is not written',
    when: PUT(THEIRS, {}),
    answer: { status: 403, error: forbidden('{other}/{u}t') },
  },
  {
    name: 'an illegal name of a trigger is 400',
    when: PUT(`${TRIGGERS}/a%24`, {}),
    answer: { status: 400, error: ERRORS.nameIllegal },
  },

  // reading
  {
    name: 'a trigger has no rules before the first one is linked',
    given: [made],
    when: GET(TRIGGER),
    answer: { status: 200, fields: FIELDS },
  },
  {
    name: 'a trigger shows its rules by id, with action and status',
    given: linked,
    when: GET(TRIGGER),
    answer: { status: 200, fields: [...FIELDS, 'rules'], body: { rules: LINKS } },
  },
  {
    name: 'linking a rule is no new version of the trigger',
    given: linked,
    when: GET(TRIGGER),
    answer: { status: 200, body: { version: '0.0.1' } },
  },
  {
    name: 'a missing trigger is 404',
    when: GET(TRIGGER),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'an action is not read as a trigger',
    given: [echoAction],
    when: GET(`${TRIGGERS}/{u}`),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a published trigger of another namespace is forbidden all the same',
    given: [PUT(THEIRS, { publish: true }, { as: 'other' })],
    when: GET(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}t') },
  },
  {
    name: 'a trigger is not read with a slash behind its name',
    given: [made],
    when: GET(`${TRIGGER}/`),
    answer: { status: 404, error: ERRORS.noRoute },
  },

  // listing
  {
    name: 'a trigger is listed with exactly these fields',
    given: [PUT(TRIGGER, { annotations: [{ key: 'a', value: 1 }] })],
    when: GET(`${TRIGGERS}/?limit=0`),
    answer: {
      status: 200,
      includes: { namespace: '{ns}', name: '{u}t', version: '0.0.1', annotations: [{ key: 'a', value: 1 }] },
      itemFields: ['namespace', 'name', 'version', 'publish', 'annotations', 'updated'],
    },
  },
  {
    name: 'the triggers are counted',
    given: [made],
    when: GET(`${TRIGGERS}?count=true`),
    answer: { status: 200, fields: ['triggers'], body: { triggers: /^[1-9]\d*$/ } },
  },
  {
    name: 'the triggers of another namespace are forbidden',
    when: GET(`${API}/namespaces/{other}/triggers`),
    answer: { status: 403, error: forbidden('{other}') },
  },
  {
    name: 'a limit of triggers that is no number is refused',
    when: GET(`${TRIGGERS}?limit=many`),
    answer: {
      status: 400,
      error: malformedQuery('limit', "The value 'many' is not an integer for triggers."),
    },
  },

  // deleting
  {
    name: 'a deleted trigger is answered as it was',
    given: [PUT(TRIGGER, { parameters: [{ key: 'p', value: 1 }] })],
    when: DELETE(TRIGGER),
    answer: { status: 200, fields: FIELDS, body: { parameters: [{ key: 'p', value: 1 }] } },
  },
  {
    name: 'a deleted trigger is gone',
    given: [made, DELETE(TRIGGER)],
    when: GET(TRIGGER),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'deleting a missing trigger is 404',
    when: DELETE(TRIGGER),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'an action is not deleted as a trigger',
    given: [echoAction],
    when: DELETE(`${TRIGGERS}/{u}`),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'deleting a trigger of another namespace is forbidden',
    when: DELETE(THEIRS),
    answer: { status: 403, error: forbidden('{other}/{u}t') },
  },

  // firing
  {
    name: 'firing a trigger with an active rule is 202 with an id, also in a header',
    given: linked,
    when: POST(TRIGGER, { x: 1 }),
    answer: {
      status: 202,
      fields: ['activationId'],
      body: { activationId: ID },
      headers: { 'x-openwhisk-activation-id': ID },
    },
  },
  {
    name: 'firing a trigger without rules is 204 without a body, an id and a type',
    given: [made],
    when: POST(TRIGGER, { x: 1 }),
    answer: {
      status: 204,
      text: '',
      headers: { 'x-openwhisk-activation-id': null, 'content-type': null, 'content-length': null },
    },
  },
  {
    name: 'firing a trigger whose rules are all inactive is 204',
    given: [...linked, POST(RULE, { status: 'inactive' })],
    when: POST(TRIGGER, {}),
    answer: { status: 204, text: '', headers: { 'x-openwhisk-activation-id': null } },
  },
  {
    name: 'firing a trigger whose last rule was deleted is 204',
    given: [...linked, DELETE(RULE)],
    when: POST(TRIGGER, {}),
    answer: { status: 204, text: '' },
  },
  {
    name: 'a trigger may be fired without a body',
    given: linked,
    when: POST(TRIGGER),
    answer: { status: 202, body: { activationId: ID } },
  },
  {
    name: 'a trigger is not fired with an array',
    given: linked,
    when: POST(TRIGGER, [1]),
    answer: { status: 400, error: malformed('JSON object expected') },
  },
  {
    name: 'a trigger is not fired with a text of another type',
    given: linked,
    when: POST(TRIGGER, 'x=1', { headers: { 'content-type': 'text/plain' } }),
    answer: { status: 415, error: /^The request's Content-Type \[text\/plain\] is not supported/ },
  },
  {
    name: 'a trigger is not fired with more than the payload limit',
    given: linked,
    when: POST(TRIGGER, { x: 'x'.repeat(1048576) }),
    answer: { status: 413, error: 'Request larger than allowed: 1048584 > 1048576 bytes.' },
  },
  {
    name: 'firing a missing trigger is 404',
    when: POST(TRIGGER, {}),
    answer: { status: 404, error: ERRORS.missing },
  },
  {
    name: 'an action is not fired as a trigger',
    given: [echoAction],
    when: POST(`${TRIGGERS}/{u}`, {}),
    answer: { status: 409, error: ERRORS.otherCollection },
  },
  {
    name: 'a trigger of another namespace is not fired',
    when: POST(THEIRS, {}),
    answer: { status: 403, error: forbidden('{other}/{u}t') },
  },

  // the record
  {
    name: 'the record of a fired trigger has the payload for a result, and neither end nor duration',
    given: [
      PUT(TRIGGER, { parameters: [{ key: 'p', value: 1 }], version: '4.0.0' }),
      ...linked.toSpliced(1, 1),
      POST(TRIGGER, { x: 1 }),
    ],
    when: GET(`${ACTIVATIONS}/{id}`, { until: 200 }),
    answer: {
      status: 200,
      fields: [
        'namespace',
        'name',
        'version',
        'subject',
        'activationId',
        'start',
        'publish',
        'response',
        'logs',
        'annotations',
      ],
      body: {
        namespace: '{ns}',
        name: '{u}t',
        version: '4.0.0',
        activationId: '{id}',
        publish: false,
        response: { status: 'success', success: true, result: { x: 1 } },
        annotations: [],
      },
    },
  },
  {
    name: 'the result of a trigger fired without a body is an empty object',
    given: [...linked, POST(TRIGGER)],
    when: GET(`${ACTIVATIONS}/{id}/result`, { until: 200 }),
    answer: { status: 200, body: { status: 'success', success: true, result: {} } },
  },
  {
    name: 'the log of a fired trigger has one line for each rule',
    given: [...linked, POST(TRIGGER, {})],
    when: GET(`${ACTIVATIONS}/{id}/logs`, { until: 200 }),
    answer: {
      status: 200,
      body: {
        logs: [
          new JsonInText({ statusCode: 0, success: true, activationId: ID, rule: '{ns}/{u}r', action: '{ns}/{u}' }),
        ],
      },
    },
  },
  {
    name: 'an inactive rule is logged when another one is active',
    given: [
      ...linked,
      PUT(`${NS}/rules/{u}s`, { trigger: '/_/{u}t', action: '/_/{u}' }),
      POST(RULE, { status: 'inactive' }),
      POST(TRIGGER, {}),
    ],
    when: GET(`${ACTIVATIONS}/{id}/logs`, { until: 200 }),
    answer: {
      status: 200,
      body: {
        logs: new AnyOrder([
          new JsonInText({ statusCode: 0, success: true, rule: '{ns}/{u}s' }),
          new JsonInText({
            statusCode: 1,
            success: false,
            error: "Rule '{ns}/{u}r' is inactive, action '{ns}/{u}' was not activated.",
            rule: '{ns}/{u}r',
            action: '{ns}/{u}',
          }),
        ]),
      },
    },
  },
  {
    name: 'a rule whose action is deleted is logged as refused, and the trigger fired all the same',
    given: [...linked, DELETE(ACTION), POST(TRIGGER, {}, { expected: 202 })],
    when: GET(`${ACTIVATIONS}/{id}/logs`, { until: 200 }),
    answer: {
      status: 200,
      body: {
        logs: [
          new JsonInText({
            statusCode: 1,
            success: false,
            error: 'The requested resource does not exist.',
            rule: '{ns}/{u}r',
            action: '{ns}/{u}',
          }),
        ],
      },
    },
  },
  {
    name: 'the record of a fired trigger is listed without an end',
    given: [...linked, POST(TRIGGER, {}), GET(`${ACTIVATIONS}/{id}`, { until: 200 })],
    when: GET(`${ACTIVATIONS}?name={u}t`),
    answer: {
      status: 200,
      body: [{ name: '{u}t', activationId: '{id}' }],
      itemFields: ['namespace', 'name', 'version', 'publish', 'annotations', 'activationId', 'start'],
      includes: { name: '{u}t' },
    },
  },
]
