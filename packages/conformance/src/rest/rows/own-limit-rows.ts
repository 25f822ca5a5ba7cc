import type { ContractRow } from '../contract-row.ts'
import { ACTION, code, ECHO, echoAction, GET, NS, POST, PUT } from '../paths.ts'

const needs = {
  limits: {
    invocationsPerMinute: 500,
    concurrentInvocations: 7,
    allowedKinds: ['nodejs:20', 'sequence'],
    storeActivations: false,
    minActionMemory: 200,
    maxActionMemory: 300,
    maxActionTimeout: 900_000,
    maxParameterSize: '1 KB',
    maxPayloadSize: '2 KB',
  },
}

/** What the limits of a namespace bind. */
export const ownLimitRows: readonly ContractRow[] = [
  {
    name: 'own limits are shown, but none beyond those of the platform',
    needs,
    when: GET(`${NS}/limits`),
    answer: {
      status: 200,
      body: {
        invocationsPerMinute: 500,
        allowedKinds: ['nodejs:20', 'sequence'],
        storeActivations: false,
        minActionMemory: 200,
        maxActionMemory: 300,
        maxActionTimeout: 300000,
        maxParameterSize: '1024 B',
        maxPayloadSize: '2 KB',
        maxActionInstances: 7,
      },
    },
  },
  {
    name: 'own memory limits bind',
    needs,
    when: PUT(ACTION, code(ECHO, { limits: { memory: 301 } })),
    answer: { status: 400, error: 'requirement failed: memory size 301 MB exceeds allowed threshold of 300 MB' },
  },
  {
    name: 'an own limit beyond the platform does not bind',
    needs,
    when: PUT(ACTION, code(ECHO, { limits: { timeout: 300_001 } })),
    answer: { status: 400, error: /exceeds allowed threshold of 300000 milliseconds$/ },
  },
  {
    name: 'the own number of instances binds',
    needs,
    when: PUT(ACTION, code(ECHO, { limits: { instances: 8 } })),
    answer: { status: 400, error: 'Max action instance concurrency must not exceed your namespace concurrency of 7.' },
  },
  {
    name: 'the own size of parameters binds',
    needs,
    when: PUT(ACTION, code(ECHO, { parameters: [{ key: 'k', value: 'v'.repeat(1024) }] })),
    answer: { status: 413, error: 'parameters larger than allowed: 1027 > 1024 bytes.' },
  },
  {
    name: 'the own size of arguments binds',
    needs,
    when: POST(ACTION, { a: 'x'.repeat(2048) }),
    answer: { status: 413, error: 'Request larger than allowed: 2056 > 2048 bytes.' },
  },
  {
    name: 'a kind that the namespace may not have is 403',
    needs: { ...needs, kinds: ['java:8'] },
    when: PUT(ACTION, { exec: { kind: 'java:8', code: 'abcd', main: 'M' } }),
    answer: {
      status: 403,
      error: "The supplied authentication is not authorized to access actions of kind 'java:8'.",
    },
  },
  {
    name: 'an update that does not touch exec is not asked for its kind',
    needs,
    given: [echoAction],
    when: PUT(`${ACTION}?overwrite=true`, { publish: true }),
    answer: { status: 200 },
  },
  {
    name: 'the own least memory binds',
    needs,
    when: PUT(ACTION, code(ECHO, { limits: { memory: 199 } })),
    answer: { status: 400, error: 'requirement failed: memory size 199 MB below allowed threshold of 200 MB' },
  },
  {
    name: 'the own size of annotations binds',
    needs,
    when: PUT(ACTION, code(ECHO, { annotations: [{ key: 'k', value: 'v'.repeat(1024) }] })),
    answer: { status: 413, error: 'annotations larger than allowed: 1027 > 1024 bytes.' },
  },
  {
    name: 'the own size of parameters binds packages',
    needs,
    when: PUT(`${NS}/packages/{u}`, { parameters: [{ key: 'k', value: 'v'.repeat(1024) }] }),
    answer: { status: 413, error: 'parameters larger than allowed: 1027 > 1024 bytes.' },
  },
  {
    name: 'the own size of parameters binds triggers',
    needs,
    when: PUT(`${NS}/triggers/{u}`, { parameters: [{ key: 'k', value: 'v'.repeat(1024) }] }),
    answer: { status: 413, error: 'parameters larger than allowed: 1027 > 1024 bytes.' },
  },
  {
    name: 'the own size of arguments binds the payload of triggers',
    needs,
    given: [PUT(`${NS}/triggers/{u}`, {})],
    when: POST(`${NS}/triggers/{u}`, { a: 'x'.repeat(2048) }),
    answer: { status: 413, error: 'Request larger than allowed: 2056 > 2048 bytes.' },
  },
  {
    name: 'the own size of arguments binds web actions',
    needs,
    given: [PUT(ACTION, code(ECHO, { annotations: [{ key: 'web-export', value: true }] }))],
    when: POST('/api/v1/web/{ns}/default/{u}.json', { a: 'x'.repeat(2048) }),
    answer: { status: 413, prettyError: 'Request larger than allowed: 2056 > 2048 bytes.' },
  },
]
