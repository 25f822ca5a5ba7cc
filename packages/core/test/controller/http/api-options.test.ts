import { afterAll } from 'vitest'
import {
  ACTION,
  ACTIONS,
  API,
  code,
  DELETE,
  ECHO,
  forbidden,
  GET,
  NS,
  POST,
  PUT,
  type ContractRow,
  type RequestStep,
} from '@stemcell/conformance/rest'
import { runRestConformance } from '@stemcell/conformance/vitest'
import type { ApiOptions } from '../../../src/controller/parts/api-options.ts'
import { TestController } from '../test-controller.ts'

const running: TestController[] = []
afterAll(async () => {
  for (const controller of running) await controller.stop()
})

function runWith(name: string, front: ApiOptions, rows: readonly ContractRow[]): void {
  const start = async (): Promise<TestController['target']> => {
    const controller = await TestController.start({ front })
    running.push(controller)
    return controller.target
  }
  runRestConformance(name, start, [{ section: 14, name: 'configuration', rows }])
}

const PACKAGE = `${NS}/packages/{u}p`
const BINDING = `${NS}/packages/{u}b`
const update = (path: string, body: object): RequestStep => PUT(`${path}?overwrite=true`, body)

runWith('answers without payload', { requireResponsePayload: false }, [
  { name: 'an action is written', when: PUT(ACTION, code(ECHO)), answer: { status: 200, text: 'OK' } },
  {
    name: 'an action is updated',
    given: [PUT(ACTION, code(ECHO))],
    when: update(ACTION, { publish: true }),
    answer: { status: 200, text: 'OK', headers: { 'content-type': 'text/plain; charset=UTF-8' } },
  },
  {
    name: 'an action is deleted',
    given: [PUT(ACTION, code(ECHO))],
    when: DELETE(ACTION),
    answer: { status: 204, text: '' },
  },
  { name: 'a package is written', when: PUT(PACKAGE, {}), answer: { status: 200, text: 'OK' } },
  {
    name: 'a package is deleted',
    given: [PUT(PACKAGE, {})],
    when: DELETE(PACKAGE),
    answer: { status: 204, text: '' },
  },
  {
    name: 'what was written is read as ever',
    given: [PUT(ACTION, code(ECHO))],
    when: GET(ACTION),
    answer: { status: 200, body: { name: '{u}', version: '0.0.1' } },
  },
  {
    name: 'an error still says what is wrong',
    given: [PUT(ACTION, code(ECHO))],
    when: PUT(ACTION, code(ECHO)),
    answer: { status: 409, error: 'resource already exists' },
  },
  {
    name: 'a trigger is answered with as ever',
    given: [PUT(`${NS}/triggers/{u}`, {})],
    when: DELETE(`${NS}/triggers/{u}`),
    answer: { status: 200, body: { name: '{u}' } },
  },
])

runWith('actions without a word on the API key', { requireApiKeyAnnotation: false }, [
  {
    name: 'a new action is annotated with its kind only',
    when: PUT(ACTION, code(ECHO)),
    answer: { status: 200, body: { annotations: [{ key: 'exec', value: 'nodejs:20' }] } },
  },
  {
    name: 'what the client says of the key stays',
    when: PUT(ACTION, code(ECHO, { annotations: [{ key: 'provide-api-key', value: true }] })),
    answer: {
      status: 200,
      body: {
        annotations: [
          { key: 'provide-api-key', value: true },
          { key: 'exec', value: 'nodejs:20' },
        ],
      },
    },
  },
])

const THEIR_PACKAGE = `${API}/namespaces/{other}/packages/{u}p`
const THEIR_ACTION = `${API}/namespaces/{other}/actions/{u}p/a`
const theirs = { as: 'other' } as const
const shared = [PUT(THEIR_PACKAGE, { publish: true }, theirs), PUT(THEIR_ACTION, code(ECHO), theirs)]
const bound = [...shared, PUT(BINDING, { binding: { namespace: '{other}', name: '{u}p' } })]

runWith('shared packages for execution only', { sharedPackagesExecuteOnly: true }, [
  {
    name: 'an action in a package of another is not read',
    given: shared,
    when: GET(THEIR_ACTION),
    answer: { status: 403, error: "GET not permitted for '{other}/{u}p' since it's an action in a shared package" },
  },
  {
    name: 'not even without its code',
    given: shared,
    when: GET(`${THEIR_ACTION}?code=false`),
    answer: { status: 403, error: /since it's an action in a shared package$/ },
  },
  ...['a', 'missing'].map((name): ContractRow => ({
    name: `an action is not read through a binding, nor is it told whether there is one: ${name}`,
    given: bound,
    when: GET(`${ACTIONS}/{u}b/${name}`),
    answer: {
      status: 403,
      error: `GET not permitted for '{ns}/{u}b/${name}'. Resource does not exist or is an action in a shared package binding.`,
    },
  })),
  {
    name: 'a package of another is not read',
    given: shared,
    when: GET(THEIR_PACKAGE),
    answer: { status: 403, error: "GET not permitted for '{other}/{u}p' since it's a shared package" },
  },
  {
    name: 'a binding of a package of another is not read',
    given: bound,
    when: GET(BINDING),
    answer: { status: 403, error: 'GET not permitted since {ns}/{u}b is a binding of a shared package' },
  },
  {
    name: 'a package that is not shared is refused in the usual words',
    given: [PUT(THEIR_PACKAGE, {}, theirs)],
    when: GET(THEIR_PACKAGE),
    answer: { status: 403, error: forbidden('{other}/{u}p') },
  },
  {
    name: 'the action of another is invoked',
    given: shared,
    when: POST(`${THEIR_ACTION}?blocking=true&result=true`, { a: 1 }),
    answer: { status: 200, body: { a: 1 } },
  },
  {
    name: 'the action of another is invoked through a binding',
    given: bound,
    when: POST(`${ACTIONS}/{u}b/a?blocking=true&result=true`, { a: 1 }),
    answer: { status: 200, body: { a: 1 } },
  },
  {
    name: 'what is one’s own is read, also through a binding',
    given: [
      PUT(PACKAGE, {}),
      PUT(`${ACTIONS}/{u}p/a`, code(ECHO)),
      PUT(BINDING, { binding: { namespace: '_', name: '{u}p' } }),
      GET(PACKAGE),
      GET(BINDING),
      GET(`${ACTIONS}/{u}p/a`),
    ],
    when: GET(`${ACTIONS}/{u}b/a`),
    answer: { status: 200, body: { name: 'a' } },
  },
])
