import type { ContractRow } from '../contract-row.ts'
import { API, code, DELETE, ECHO, forbidden, GET, NS, POST, PUT } from '../paths.ts'

const OTHER = `${API}/namespaces/{other}`

/** Whose namespace it is, and what it may do. */
export const privilegeRows: readonly ContractRow[] = [
  {
    name: 'the actions of another namespace are forbidden',
    when: GET(`${OTHER}/actions`),
    answer: { status: 403, error: forbidden('{other}') },
  },
  {
    name: 'an action of another namespace is forbidden whether or not it exists',
    when: GET(`${OTHER}/actions/{u}`),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'writing into another namespace is forbidden',
    when: PUT(`${OTHER}/actions/{u}`, code(ECHO)),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'deleting in another namespace is forbidden',
    when: DELETE(`${OTHER}/actions/{u}`),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'invoking in another namespace is forbidden',
    when: POST(`${OTHER}/actions/{u}`, {}),
    answer: { status: 403, error: forbidden('{other}/{u}') },
  },
  {
    name: 'a namespace that nobody has is forbidden like any other',
    when: GET(`${API}/namespaces/{u}/actions`),
    answer: { status: 403, error: forbidden('{u}') },
  },
  {
    name: 'activations of another namespace are forbidden',
    when: GET(`${OTHER}/activations`),
    answer: { status: 403, error: forbidden('{other}') },
  },
  {
    name: 'an activation of another namespace is forbidden',
    when: GET(`${OTHER}/activations/00000000000000000000000000000000`),
    answer: { status: 403, error: forbidden('{other}/00000000000000000000000000000000') },
  },
  {
    name: 'the limits of another namespace are forbidden',
    when: GET(`${OTHER}/limits`),
    answer: { status: 403, error: forbidden('{other}') },
  },

  // limits
  {
    name: 'the limits of the namespace are shown with their units',
    when: GET(`${NS}/limits`),
    answer: {
      status: 200,
      body: {
        invocationsPerMinute: /^\d+$/,
        concurrentInvocations: /^\d+$/,
        firesPerMinute: /^\d+$/,
        minActionMemory: 128,
        maxActionMemory: 512,
        minActionLogs: 0,
        maxActionLogs: 10,
        minActionTimeout: 100,
        maxActionTimeout: 300000,
        minActionConcurrency: 1,
        maxActionConcurrency: 1,
        maxParameterSize: '1048576 B',
        maxActionInstances: /^\d+$/,
      },
    },
  },
  {
    name: 'a single limit cannot be read',
    when: GET(`${NS}/limits/memory`),
    answer: { status: 400, error: 'Inner entity level routes for limits are not yet implemented.' },
  },
]
