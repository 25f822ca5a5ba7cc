import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { annotations, CompositionPlatform } from './composition-platform.ts'

let at: CompositionPlatform

beforeAll(async () => {
  at = await CompositionPlatform.start()
  await at.action('a', 'return args')
  await at.package('me/pkg')
  await at.action('pkg/a', 'return args')
  await at.package('me/bound', { binding: { namespace: 'me', name: 'pkg' } })
  await at.package('other/private')
  await at.package('other/public', { publish: true })
  await at.action('public/a', 'return args', {}, at.other)
  await at.action('private/a', 'return args', {}, at.other)
})

afterAll(() => at.platform.close())

describe('writing a sequence', () => {
  it('shows its components with full names, the kind as an annotation, and them as its only parameter', async () => {
    const { status, body } = await at.put('fresh', ['/_/a', '/me/pkg/a', '/other/public/a', 'me/a'], {
      parameters: [{ key: 'dropped', value: 1 }],
      annotations: [{ key: 'mine', value: 1 }],
      limits: { timeout: 5000 },
    })
    const components = ['/me/a', '/me/pkg/a', '/other/public/a', '/me/a']
    expect(status).toBe(200)
    expect(body).toMatchObject({
      exec: { kind: 'sequence', components },
      parameters: [{ key: '_actions', value: components }],
      limits: { timeout: 5000, memory: 256, logs: 10, concurrency: 1 },
    })
    expect(annotations(body)).toEqual({ mine: 1, 'provide-api-key': false, exec: 'sequence' })
    expect((await at.me.request('GET', 'actions/fresh')).body).toEqual(body)
  })

  it('ignores parameters and the removal of annotations in an update', async () => {
    await at.put('kept', ['/_/a'], { annotations: [{ key: 'stays', value: 1 }] })
    const { body } = await at.put('kept', ['/_/a', '/_/a'], {
      delAnnotations: ['stays'],
      parameters: [{ key: 'p', value: 1 }],
    })
    expect(body).toMatchObject({ version: '0.0.2', parameters: [{ key: '_actions', value: ['/me/a', '/me/a'] }] })
    expect(annotations(body)).toMatchObject({ stays: 1 })
    const again = await at.me.request('PUT', 'actions/kept?overwrite=true', { parameters: [{ key: 'p', value: 1 }] })
    expect(again.body).toMatchObject({ version: '0.0.3', parameters: [{ key: '_actions', value: ['/me/a', '/me/a'] }] })
  })

  it('loses its parameter when it becomes an ordinary action', async () => {
    await at.sequence('was', '/_/a')
    await at.action('was', 'return {}')
    const { body } = await at.me.request('GET', 'actions/was')
    expect((body as JsonObject)['parameters']).toEqual([])
  })

  it('can be deleted, and copied by writing what was read', async () => {
    const written = await at.sequence('original', '/_/a', '/_/pkg/a')
    const copy = await at.me.request('PUT', 'actions/copy', { exec: written['exec']! })
    expect(copy.body).toMatchObject({ exec: written['exec']!, parameters: written['parameters']! })
    expect((await at.me.request('DELETE', 'actions/original')).body).toEqual(written)
    expect((await at.me.request('GET', 'actions/original')).status).toBe(404)
  })

  const malformed = 'The request content was malformed:\n'
  it.each<[string, JsonObject, string]>([
    ['without components', {}, `${malformed}'components' must be defined for sequence kind`],
    ['with components that are no list', { components: '/_/a' }, `${malformed}'components' must be an array`],
    [
      'with a component that has no namespace',
      { components: ['a'] },
      `${malformed}requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.`,
    ],
    ['with no component', { components: [] }, 'No component specified for the sequence.'],
    ['with 51 components', { components: Array<string>(51).fill('/_/a') }, 'Too many actions in the sequence.'],
    ['with an unknown component', { components: ['/_/a', '/_/gone'] }, 'Sequence component does not exist.'],
    ['with a package for a component', { components: ['/_/pkg'] }, 'Sequence component does not exist.'],
    ['with an unknown action of a package', { components: ['/_/pkg/gone'] }, 'Sequence component does not exist.'],
    ['with itself as a component', { components: ['/_/a', '/_/refused'] }, 'Sequence may not refer to itself.'],
  ])('is refused %s', async (_, exec, error) => {
    const { status, body } = await at.me.request('PUT', 'actions/refused', { exec: { kind: 'sequence', ...exec } })
    expect([status, (body as JsonObject)['error']]).toEqual([400, error])
    expect((await at.me.request('GET', 'actions/refused')).status).toBe(404)
  })

  it('takes 50 components', async () => {
    expect((await at.put('fifty', Array<string>(50).fill('/_/a'))).status).toBe(200)
  })

  it('is refused when its nested sequences come to more than 50 actions', async () => {
    await at.sequence('twenty', ...Array<string>(20).fill('/_/a'))
    await at.sequence('forty', '/_/twenty', '/_/twenty')
    expect((await at.put('half-hundred', ['/_/forty', ...Array<string>(10).fill('/_/a')])).status).toBe(200)
    const { status, body } = await at.put('sixty', ['/_/forty', '/_/twenty'])
    expect([status, (body as JsonObject)['error']]).toEqual([400, 'Too many actions in the sequence.'])
  })

  it('is refused when it would come back to itself, indirectly, nested, or through a binding', async () => {
    await at.sequence('one', '/_/a')
    await at.sequence('two', '/_/a', '/_/one')
    await at.sequence('three', '/_/two')
    await at.sequence('pkg/inner', '/_/a')
    await at.sequence('outer', '/_/bound/inner')
    for (const [name, component] of [
      ['one', '/_/one'],
      ['one', '/_/two'],
      ['one', '/_/three'],
      ['pkg/inner', '/_/bound/inner'],
      ['pkg/inner', '/_/outer'],
    ] as const) {
      const { status, body } = await at.put(name, ['/_/a', component])
      expect([name, component, status, (body as JsonObject)['error']]).toEqual([
        name,
        component,
        400,
        'Sequence may not refer to itself.',
      ])
    }
  })

  it('is refused when an action would become a sequence of one that contains it', async () => {
    await at.action('part', 'return args')
    await at.sequence('whole', '/_/part')
    const { body } = await at.put('part', ['/_/whole'])
    expect((body as JsonObject)['error']).toBe('Sequence may not refer to itself.')
  })

  it('is refused with all components that the caller may not read', async () => {
    const components = ['/other/private/a', '/_/a', '/other/default', '/other/private/a', '/other/public/a']
    const { status, body } = await at.put('nosy', components)
    expect([status, (body as JsonObject)['error']]).toEqual([
      403,
      "The supplied authentication is not authorized to access 'other/default, other/private'.",
    ])
  })

  it("is refused with 404 when a component's package does not exist in the own namespace", async () => {
    const { status, body } = await at.put('lost', ['/_/nowhere/a'])
    expect([status, (body as JsonObject)['error']]).toEqual([404, 'The requested resource does not exist.'])
  })

  it('is refused first because the name is taken, whatever its components', async () => {
    const { status, body } = await at.put('a', ['/_/gone'], {}, '')
    expect([status, (body as JsonObject)['error']]).toEqual([409, 'resource already exists'])
  })
})
