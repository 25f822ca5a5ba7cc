import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { ApiClient, errorOf } from '../api-client.ts'
import { ScriptedActivator } from '../scripted-activator.ts'
import { TestController } from '../test-controller.ts'

const NS = '/api/v1/namespaces/_'
let controller: TestController
let activator: ScriptedActivator
let api: ApiClient

beforeEach(async () => {
  activator = new ScriptedActivator()
  controller = await TestController.start({ activator })
  api = new ApiClient(controller)
})

afterEach(() => controller.stop())

async function send(method: string, path: string, body?: unknown): Promise<unknown> {
  const { status, text } = await api.send(method, `${NS}/${path}`, body)
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
  return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text
}

async function stored(name: string): Promise<JsonObject | undefined> {
  return (await controller.parts.entityStore.get(`owner/${name}`))?.document
}

async function store(name: string, document: JsonObject): Promise<void> {
  await controller.parts.entityStore.put(`owner/${name}`, { namespace: 'owner', name, ...document })
}

const anyTime = expect.any(Number) as number

describe('documents are written as OpenWhisk does', () => {
  it('for packages', async () => {
    await send('PUT', 'packages/p', { parameters: [{ key: 'k', value: 1 }] })
    expect(await stored('p')).toEqual({
      namespace: 'owner',
      name: 'p',
      binding: {},
      parameters: [{ key: 'k', value: 1 }],
      version: '0.0.1',
      publish: false,
      annotations: [],
      updated: anyTime,
      entityType: 'package',
    })
  })

  it('for bindings', async () => {
    await send('PUT', 'packages/p', {})
    await send('PUT', 'packages/b', { binding: { namespace: '_', name: 'p' } })
    expect(await stored('b')).toMatchObject({
      binding: { namespace: 'owner', name: 'p' },
      annotations: [{ key: 'binding', value: { namespace: 'owner', name: 'p' } }],
    })
  })

  it('for triggers and rules, the status in the trigger only', async () => {
    await api.putAction('a')
    await send('PUT', 'triggers/t', {})
    await send('PUT', 'rules/r', { trigger: '/_/t', action: '/_/a' })
    await send('POST', 'rules/r', { status: 'inactive' })
    expect(await stored('t')).toEqual({
      namespace: 'owner',
      name: 't',
      parameters: [],
      limits: {},
      version: '0.0.1',
      publish: false,
      annotations: [],
      rules: { 'owner/r': { action: { path: 'owner', name: 'a' }, status: 'inactive' } },
      updated: anyTime,
      entityType: 'trigger',
    })
    expect(await stored('r')).toEqual({
      namespace: 'owner',
      name: 'r',
      trigger: { path: 'owner', name: 't' },
      action: { path: 'owner', name: 'a' },
      version: '0.0.1',
      publish: false,
      annotations: [],
      updated: anyTime,
      entityType: 'rule',
    })
  })

  it('for a trigger whose last rule is gone: an empty map', async () => {
    await api.putAction('a')
    await send('PUT', 'triggers/t', {})
    await send('PUT', 'rules/r', { trigger: '/_/t', action: '/_/a' })
    await send('DELETE', 'rules/r')
    expect((await stored('t'))?.['rules']).toEqual({})
  })
})

describe('old documents', () => {
  const action = { exec: { kind: 'nodejs:20', code: 'x()', binary: false }, entityType: 'action' }

  it('of rules name trigger and action without a namespace', async () => {
    await store('a', action)
    await store('t', { parameters: [], rules: { 'owner/r': { action: 'a', status: 'active' } } })
    await store('r', { trigger: 't', action: 'a', updated: '2020-01-01T00:00:00Z' })
    const names = { trigger: { path: 'owner', name: 't' }, action: { path: 'owner', name: 'a' } }
    expect(await send('GET', 'rules/r')).toMatchObject({
      ...names,
      status: 'active',
      version: '0.0.1',
      updated: 1577836800000,
    })
    expect(await send('GET', 'rules')).toMatchObject([names])
    await send('POST', 'triggers/t', {})
    expect(activator.last.target.action).toMatchObject({ path: 'owner', name: 'a' })
  })

  it('of rules name them by texts with a namespace', async () => {
    await store('r', { trigger: '/owner/t', action: 'owner/p/a', entityType: 'rule' })
    expect(await send('GET', 'rules/r')).toMatchObject({
      trigger: { path: 'owner', name: 't' },
      action: { path: 'owner/p', name: 'a' },
    })
  })

  it('of triggers may hold a status that is neither active nor inactive: such a rule does not fire', async () => {
    await store('a', action)
    await store('t', { parameters: [], rules: { 'owner/r': { action: 'a', status: 'activating' } } })
    await store('r', { trigger: 't', action: 'a' })
    expect(await send('GET', 'rules/r')).toMatchObject({ status: 'inactive' })
    expect((await api.send('POST', `${NS}/triggers/t`, {})).status).toBe(204)
  })

  it('of packages without a type are known by their binding', async () => {
    await store('p', { binding: {}, parameters: [] })
    expect(await send('GET', 'packages/p')).toMatchObject({ name: 'p', binding: {} })
  })
})

describe('a document that cannot be read', () => {
  const unreadable: readonly (readonly [string, string, JsonObject])[] = [
    ['trigger', 'parameters', { parameters: 7, entityType: 'trigger' }],
    ['trigger', 'rules', { parameters: [], rules: [], entityType: 'trigger' }],
    ['trigger', 'a link', { parameters: [], rules: { 'owner/r': {} }, entityType: 'trigger' }],
    ['rule', 'trigger', { trigger: 7, action: 'a', entityType: 'rule' }],
    ['rule', 'action', { trigger: 't', entityType: 'rule' }],
    ['package', 'binding', { binding: { namespace: 'x' }, entityType: 'package' }],
    ['package', 'annotations', { binding: {}, annotations: {}, entityType: 'package' }],
  ]
  for (const [type, field, document] of unreadable) {
    it(`for its field ${field} is a ${type} answered with 500`, async () => {
      await store('x', document)
      const response = await api.send('GET', `${NS}/${type}s/x`)
      expect(response.status).toBe(500)
      expect(errorOf(response)).toBe('Resource is corrupted and cannot be read.')
    })
  }

  it('cannot be referred to by a rule', async () => {
    await api.putAction('a')
    await store('t', { parameters: 7, entityType: 'trigger' })
    const response = await api.send('PUT', `${NS}/rules/r`, { trigger: '/_/t', action: '/_/a' })
    expect(response.status).toBe(400)
    expect(errorOf(response)).toBe('Resource is corrupted and cannot be read.')
  })
})
