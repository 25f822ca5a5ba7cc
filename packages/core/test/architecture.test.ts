import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const packages = resolve(import.meta.dirname, '../..')

interface Source {
  /** Relative to the folder of all packages, with `/`. */
  readonly path: string
  readonly text: string
  /** Module names as written; relative ones resolved to paths like `path`. */
  readonly imports: readonly string[]
}

const IMPORT =
  /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+|\bimport\.meta\.resolve\s*\(\s*|\brequire\s*\(\s*)(['"])([^'"]+)\1/gm

function portable(path: string): string {
  return relative(packages, path).split(sep).join('/')
}

function importsOf(text: string, file: string): string[] {
  return Array.from(text.matchAll(IMPORT), ([, , name = '']) =>
    name.startsWith('.') ? portable(resolve(dirname(file), name)) : name,
  )
}

/** The code without its comments, so that a rule may be spoken of. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '')
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(packages, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(packages, folder, name))
    .map((file) => {
      const text = withoutComments(readFileSync(file, 'utf8'))
      return { path: portable(file), text, imports: importsOf(text, file) }
    })
}

const core = sourcesOf('core/src')

/** The one driver in core: how every container factory talks HTTP to what runs in its containers. */
const HTTP_CLIENT = new Set([
  'core/src/container/transport/http-runtime-client.ts',
  'core/src/container/transport/runtime-reply-reader.ts',
])

/** What these make JSON of, and read, is the platform's own: no number of a user is in it. */
const OWN_JSON = new Set([
  'core/src/controller/activations/activation-routes.ts',
  'core/src/controller/activations/extended-record.ts',
  'core/src/controller/actions/invoke-action.ts',
  'core/src/controller/entities/list-entities.ts',
  'core/src/controller/api-document/api-description.ts',
  'core/src/controller/api-document/docs-routes.ts',
  'core/src/controller/http/error-answer.ts',
  'core/src/controller/http/http-server.ts',
  'core/src/controller/operations/info-routes.ts',
  'core/src/controller/namespaces/namespace-routes.ts',
  'core/src/queue/queue-names.ts',
  'core/src/controller/operations/operational-routes.ts',
  'core/src/controller/operations/readiness-route.ts',
  'core/src/controller/triggers/fire-rules.ts',
  'core/src/controller/triggers/fire-trigger.ts',
  'core/src/invoker/http/invoker-front.ts',
  'core/src/invoker/parts/action-of-caller.ts',
  'core/src/invoker/parts/loaded-action.ts',
  'core/src/invoker/proxy/request-bodies.ts',
  'core/src/messages/acknowledgement.ts',
  'core/src/messages/activation-message.ts',
  'core/src/messages/cache-invalidation.ts',
  'core/src/messages/controller-ping.ts',
  'core/src/messages/event-message.ts',
  'core/src/messages/ping.ts',
  'core/src/model/quoted-text.ts',
  'core/src/model/activation-codec.ts',
  'spi-couchdb/src/activations/provisional-records.ts',
  'spi-couchdb/src/activations/record-form.ts',
  'spi-couchdb/src/activations/remove-records.ts',
  'spi-couchdb/src/activations/spill-folder.ts',
  'spi-couchdb/src/activations/spill-segment.ts',
  'spi-couchdb/src/activations/write-records.ts',
  'spi-couchdb/src/design/prepare-database.ts',
  'spi-couchdb/src/documents/document-form.ts',
  'spi-couchdb/src/documents/exact-numbers.ts',
  'spi-couchdb/src/http/couch-client.ts',
  'spi-couchdb/src/http/credentials.ts',
  'spi-couchdb/src/http/database.ts',
  'spi-level/src/damage.ts',
  'spi-level/src/document-record.ts',
  'spi-level/src/lock-holder.ts',
  'spi-redis/src/connection/shared-connections.ts',
  'spi-redis/src/stores/redis-document-store.ts',
  'core/src/store/sorted/document-record.ts',
  'core/src/store/sorted/provisional-records.ts',
])

/** `path imports name` for every import that `forbidden` says must not be. */
function violations(sources: readonly Source[], forbidden: (source: Source, imported: string) => boolean): string[] {
  return sources.flatMap((source) =>
    source.imports.filter((name) => forbidden(source, name)).map((name) => `${source.path} imports ${name}`),
  )
}

function isPackage(name: string, imported: string): boolean {
  return imported === name || imported.startsWith(`${name}/`)
}

describe('core', () => {
  it('is looked at in full', () => {
    expect(core.length).toBeGreaterThan(60)
    expect(core.find(({ path }) => path === 'core/src/queue/memory-queue.ts')?.imports).toContain(
      'core/src/queue/memory-group.ts',
    )
  })

  it('knows no adapter and no driver', () => {
    const drivers = ['kafkajs', 'ioredis', 'redis', 'nano', 'dockerode', 'classic-level', 'undici']
    const found = violations(
      core,
      ({ path }, imported) =>
        imported.startsWith('@stemcell/') ||
        drivers.some((driver) => isPackage(driver, imported) && !(driver === 'undici' && HTTP_CLIENT.has(path))),
    )
    expect(found).toEqual([])
  })

  it('imports no file outside its own folder', () => {
    const found = violations(core, (_source, imported) => imported.endsWith('.ts') && !imported.startsWith('core/src/'))
    expect(found).toEqual([])
  })

  it('uses the dependency container in the assembly only', () => {
    const found = violations(
      core,
      ({ path }, imported) =>
        (isPackage('tsyringe', imported) || isPackage('reflect-metadata', imported)) &&
        !path.startsWith('core/src/assembly/'),
    )
    expect(found).toEqual([])
  })

  it('uses no test runner and no assertions', () => {
    const testing = ['vitest', 'node:test', 'node:assert']
    const found = violations(core, (_source, imported) => testing.some((name) => isPackage(name, imported)))
    expect(found).toEqual([])
  })

  it('keeps controller and invoker apart', () => {
    // The contract files `controller.ts` and `invoker.ts` themselves are no exception.
    const found = violations(
      core,
      ({ path }, imported) =>
        (path.startsWith('core/src/controller/') && imported.startsWith('core/src/invoker/')) ||
        (path.startsWith('core/src/invoker/') && imported.startsWith('core/src/controller/')),
    )
    expect(found).toEqual([])
  })

  it('takes time and chance only from the injected Clock and Random', () => {
    const source = [
      String.raw`\bDate\.now\b`,
      String.raw`\bnew Date\(\s*\)`,
      // A member of that name, as an action's own timers have, is no use of the global one.
      String.raw`\bset(?:Timeout|Interval)\b(?!\s*:)`,
      String.raw`\bMath\.random\b`,
      String.raw`\bperformance\.now\b`,
      String.raw`\bprocess\.hrtime\b`,
      String.raw`\brandom(?:UUID|Bytes|Int)\b`,
      String.raw`\bgetRandomValues\b`,
      String.raw`\bnode:timers\b`,
      String.raw`\bAbortSignal\.timeout\b`,
    ].join('|')
    const found = core
      .filter(({ path }) => !path.startsWith('core/src/time/'))
      .flatMap(({ path, text }) => Array.from(text.matchAll(new RegExp(source, 'g')), ([use]) => `${path} uses ${use}`))
    expect(found).toEqual([])
  })

  it('says nothing on the console and reads no environment', () => {
    const found = core.flatMap(({ path, text }) =>
      Array.from(
        text.matchAll(/(?<![\w#.-])console\.\w+|\bprocess\.(?:env\b|exit\s*\(|std(?:out|err)\b)/g),
        ([use]) => `${path} uses ${use}`,
      ),
    )
    expect(found).toEqual([])
  })
})

it('numbers of users pass through `parseJson` and `stringifyJson`, which keep them as they were written', () => {
  const uses = [...core, ...['level', 'redis', 'couchdb'].flatMap((name) => sourcesOf(`spi-${name}/src`))]
    .filter(({ path }) => /^core\/src\/(?:auth|controller|invoker|messages|model|queue|store)\/|^spi-/.test(path))
    .filter(({ text }) => /\bJSON\.(?:parse|stringify)\(/.test(text))
    .map(({ path }) => path)
  expect(uses.filter((path) => !OWN_JSON.has(path))).toEqual([
    'core/src/model/json-number.ts',
    'core/src/model/parse-json.ts',
  ])
})

describe.each(readdirSync(packages).filter((name) => name.startsWith('spi-')))('%s', (name) => {
  it('knows core by its public entries only, and of the other packages no more than a runtime', () => {
    const entries = Object.keys(
      (JSON.parse(readFileSync(join(packages, 'core/package.json'), 'utf8')) as { exports: Record<string, unknown> })
        .exports,
    ).map((entry) => `@stemcell/core${entry.slice(1)}`)
    const found = violations(sourcesOf(`${name}/src`), (_source, imported) =>
      imported.endsWith('.ts')
        ? !imported.startsWith(`${name}/src/`)
        : imported.startsWith('@stemcell/') &&
          !/^@stemcell\/runtime-[a-z]+$/.test(imported) &&
          !entries.includes(imported),
    )
    expect(found).toEqual([])
  })
})

describe('conformance', () => {
  const kits = sourcesOf('conformance/src')
  const runners = ['conformance/src/vitest.ts', 'conformance/src/node-test.ts']

  it('knows a test runner in the entry for this runner only', () => {
    const found = violations(kits, (_source, imported) => isPackage('vitest', imported) || imported === 'node:test')
    expect(found.toSorted()).toEqual([
      'conformance/src/node-test.ts imports node:test',
      'conformance/src/vitest.ts imports vitest',
    ])
    expect(violations(kits, (_source, imported) => runners.includes(imported))).toEqual([])
  })

  it('knows core by its public entry, with those of frames and of sorted backends for their kits, and no other package', () => {
    const found = violations(kits, ({ path }, imported) =>
      imported.endsWith('.ts')
        ? !imported.startsWith('conformance/src/')
        : imported.startsWith('@stemcell/') &&
          imported !== '@stemcell/core' &&
          !(imported === '@stemcell/core/runtime-client' && path.includes('/runtime-transport')) &&
          !(imported === '@stemcell/core/sorted-store' && path.includes('/sorted-backend')),
    )
    expect(found).toEqual([])
  })

  it('keeps the broken doubles out of the kits', () => {
    const found = violations(
      kits,
      ({ path }, imported) =>
        imported.startsWith('conformance/src/doubles/') && !path.startsWith('conformance/src/doubles/'),
    )
    expect(found).toEqual([])
  })
})

describe('the rules', () => {
  it.each([
    [`import { a } from 'kafkajs'`, ['kafkajs']],
    [`import type { A } from "nano"`, ['nano']],
    [`import 'reflect-metadata'`, ['reflect-metadata']],
    [`import {\n  a,\n  b,\n} from '../invoker/pool.ts'`, ['core/src/invoker/pool.ts']],
    [`export { a } from '../queue/queue.ts'`, ['core/src/queue/queue.ts']],
    [`const a = await import('dockerode')`, ['dockerode']],
    [`// import { a } from 'kafkajs'`, []],
    [`/* import { a } from 'kafkajs' */`, []],
  ])('see the imports of %j', (text, imports) => {
    expect(importsOf(withoutComments(text), join(packages, 'core/src/controller/a.ts'))).toEqual(imports)
  })
})
