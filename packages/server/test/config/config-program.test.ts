import { Ajv2020 } from 'ajv/dist/2020.js'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { configProgram } from '../../src/config/config-program.ts'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { openWhiskSettings } from '../../src/config/openwhisk-settings.ts'
import { readConfig } from '../../src/config/read-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-config-program-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function run(...args: readonly string[]): Promise<{ output: string; error: string }> {
  const printed: string[] = []
  const program = configProgram({ print: (line) => void printed.push(line), begin: () => undefined })
  for (const command of [program, ...program.commands]) command.exitOverride()
  try {
    await program.parseAsync(args, { from: 'user' })
    return { output: printed.join('\n'), error: '' }
  } catch (error) {
    return { output: printed.join('\n'), error: error instanceof Error ? error.message : String(error) }
  }
}

const YAML = `# a comment
port: 8080
limits:
  timeoutMs: { max: 600000 }
queue:
  adapter: '@stemcell/spi-redis'
  options: { url: 'redis://anna:hunter2@10.0.0.1:6379', password: hunter2, keyPrefix: mine }
`

describe('stemcell config', () => {
  it('takes YAML as it takes JSON', () => {
    const fromYaml = readConfig(file('a.yaml', YAML))
    const fromJson = readConfig(file('a.json', JSON.stringify(parse(YAML))))
    expect(fromYaml).toEqual(fromJson)
    expect(fromYaml).toMatchObject({ port: 8080, limits: { timeoutMs: { min: 100, std: 60_000, max: 600_000 } } })
    expect(readConfig(file('empty.yml', '')).port).toBe(3233)
  })

  it('says where a file is no YAML, and never what stands there', async () => {
    const broken = file('broken.yaml', 'port: 1\nqueue:\n  password: "hunter2\n')
    const { error } = await run('check', broken)
    expect(error).toMatch(/broken\.yaml is not YAML: see line \d+, column \d+ \(\w+\)$/)
    expect(error).not.toContain('hunter2')
    const twice = await run('check', file('twice.yaml', 'port: 1\nport: 2\n'))
    expect(twice.error).toMatch(/twice\.yaml is not YAML: see line 2, column 1 \(DUPLICATE_KEY\)/)
    const bomb = [
      'a: &a [x]',
      ...'bcdefghi'.split('').map((k, at) => `${k}: &${k} [${`*${'abcdefgh'[at]},`.repeat(9)}]`),
    ]
    expect((await run('check', file('bomb.yaml', bomb.join('\n')))).error).toMatch(/is not YAML: an alias in it/)
  })

  it('checks the options of adapters, and connects to nothing', async () => {
    const good = file('good.yaml', "queue: { adapter: '@stemcell/spi-redis', options: { host: 127.0.0.1, port: 9 } }")
    expect(await run('check', good)).toEqual({
      output: `${good} is in order\n  queue: @stemcell/spi-redis`,
      error: '',
    })
    const bad = file('bad.yaml', "queue: { adapter: '@stemcell/spi-redis', options: { host: x, prefix: y } }")
    expect((await run('check', bad)).error).toMatch(/queue \(@stemcell\/spi-redis\): .*prefix/)
    expect((await run('check', file('typo.json', '{"prot": 1}'))).error).toMatch(/typo\.json: .*prot/)
    expect((await run('check', join(folder, 'nowhere.json'))).error).toMatch(/cannot be read \(ENOENT\)/)
  })

  it('prints every default, and no secret', async () => {
    vi.stubEnv('CONFIG_whisk_memory_max', '1024 m')
    vi.stubEnv('CONFIG_whisk_kafka_replicationFactor', '3')
    const { output } = await run('print', file('a.yaml', YAML))
    expect(output).toContain('# limits.memoryMb.max is from CONFIG_whisk_memory_max')
    expect(output).toContain('# without a meaning here: CONFIG_whisk_kafka_replicationFactor')
    expect(output).not.toContain('hunter2')
    const shown = parse(output) as Record<string, unknown>
    expect(shown).toMatchObject({
      port: 8080,
      drainMs: 30_000,
      limits: { memoryMb: { min: 128, std: 256, max: 1024 } },
      queue: { options: { url: 'redis://***@10.0.0.1:6379', password: '***', keyPrefix: 'mine' } },
    })
    expect(JSON.parse((await run('print', file('a.yaml', YAML), '--json')).output)).toEqual(shown)
  })

  it('prints a JSON Schema that judges files as the server does', async () => {
    const schema = JSON.parse((await run('schema')).output) as Record<string, unknown>
    expect(schema).toEqual(configJsonSchema())
    const valid = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
    for (const good of [{}, parse(YAML), { $schema: './x.json', port: 0 }, { retention: false, logLevel: 'warn' }]) {
      expect(valid(good), JSON.stringify(valid.errors)).toBe(true)
      expect(() => readConfig(file('good.json', JSON.stringify(good)))).not.toThrow()
    }
    for (const bad of [{ prot: 1 }, { port: 70_000 }, { limits: { timeoutMs: { most: 1 } } }, { logLevel: 'loud' }]) {
      expect(valid(bad)).toBe(false)
      expect(() => readConfig(file('bad.json', JSON.stringify(bad)))).toThrow()
    }
    const { port, drainMs } = schema['properties'] as Record<string, { description: string; default: unknown }>
    expect(port).toMatchObject({ description: expect.stringContaining('Port to listen on') as string, default: 3233 })
    expect(drainMs!.description).toContain('(ms)')
  })
})

describe('variables of OpenWhisk', () => {
  it('say what their names say, with units', () => {
    const { config } = openWhiskSettings({
      CONFIG_whisk_timeLimit_min: '100 ms',
      CONFIG_whisk_timeLimit_max: '10 minutes',
      CONFIG_whisk_memory_std: '512 m',
      CONFIG_whisk_concurrencyLimit_max: '200',
      LIMITS_ACTIONS_INVOKES_PERMINUTE: '600',
      LIMITS_ACTIONS_INVOKES_CONCURRENT: '100',
      LIMITS_TRIGGERS_FIRES_PERMINUTE: '60',
      CONFIG_whisk_activation_payload_max: '2 MB',
      CONFIG_whisk_featureFlags_requireApiKeyAnnotation: 'false',
      CONFIG_whisk_execSizeLimit: '',
    })
    expect(config).toEqual({
      limits: {
        timeoutMs: { min: 100, max: 600_000 },
        memoryMb: { std: 512 },
        concurrency: { max: 200 },
        invocationsPerMinute: 600,
        concurrentInvocations: 100,
        firesPerMinute: 60,
        maxPayloadBytes: 2 * 1024 ** 2,
      },
      api: { requireApiKeyAnnotation: false },
    })
  })

  it('win over the file, bound by bound, and lose to the command line', () => {
    const path = file('limits.json', '{"port": 1, "limits": {"memoryMb": {"min": 64, "max": 1024}, "listMax": 50}}')
    const config = readConfig(path, { port: 2 }, { CONFIG_whisk_memory_max: '2 GB' })
    expect(config).toMatchObject({ port: 2, limits: { memoryMb: { min: 64, std: 256, max: 2048 }, listMax: 50 } })
  })

  it('are refused by name, and their values are not repeated', () => {
    expect(() => openWhiskSettings({ CONFIG_whisk_memory_max: 'much' })).toThrow(
      /^CONFIG_whisk_memory_max must be a size such as "256 MB"$/,
    )
    expect(() => readConfig(undefined, {}, { CONFIG_whisk_memory_max: '1 m', CONFIG_whisk_memory_min: '2 m' })).toThrow(
      /CONFIG_whisk_memory_min.*limits\.memoryMb/,
    )
  })
})
