// Each template as a user begins with it: made by the published program, installed from the registry, tested.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'

const INSTALLED = [
  ['platform', undefined],
  ['scheduler', undefined],
  ['actions', undefined],
]
/** These need the same packages as the first adapter: they are tried in its installation. */
const SHARING = [
  'entity-store',
  'auth',
  'container-factory',
  'log-store',
  'rate-limiter',
  'pool-policy',
  'system-package',
]
/** From an empty folder to a green kit, as the guide promises. */
const ADAPTER_MS = 120_000

export function templateStages({ folder, registry }) {
  const place = join(folder, 'templates')
  let cache
  // As `npm create` calls it; npm reads where the registry is from the folder above the new project.
  const create = async (name, args) => {
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, '.npmrc'), registry.npmrc)
    cache ??= cacheWithoutPrograms(folder)
    const env = { npm_config_registry: registry.url, npm_config_cache: await cache }
    return run('npm', ['create', '--yes', 'stemcell', name, '--', ...args], { cwd: place, env })
  }
  return [
    [
      [
        'template adapter: one command from an empty folder to a green kit of queues',
        async () => {
          const begin = performance.now()
          const { stdout } = await create('my-queue', ['--template', 'adapter', '--spi', 'queue', '--test'])
          const took = performance.now() - begin
          assert.ok(took < ADAPTER_MS, `it took ${Math.round(took)} ms`)
          return summary(stdout)
        },
      ],
    ],
    [
      ...INSTALLED.map(([template]) => [
        `template ${template}`,
        async () => summary((await create(`my-${template}`, ['--template', template, '--test'])).stdout),
      ]),
      ...SHARING.map((spi) => [
        `template adapter: ${spi}`,
        async () => {
          await create(`my-${spi}`, ['--template', 'adapter', '--spi', spi, '--no-install'])
          symlinkSync(join(place, 'my-queue', 'node_modules'), join(place, `my-${spi}`, 'node_modules'), 'dir')
          return summary((await run('npm', ['test'], { cwd: join(place, `my-${spi}`) })).stdout)
        },
      ]),
    ],
    [
      [
        'npm create stemcell refuses a folder with content, and says what to make when nobody can be asked',
        async () => {
          const failureOf = (args) =>
            create(...args).then(
              () => 'it was made',
              (error) => error.message,
            )
          const before = readdirSync(join(place, 'my-queue'))
          assert.match(await failureOf(['my-queue', ['--template', 'adapter']]), /is not empty/)
          assert.deepEqual(readdirSync(join(place, 'my-queue')), before)
          assert.match(await failureOf(['my-thing', []]), /say what to make/)
        },
      ],
    ],
  ]
}

/**
 * What npm has downloaded before, without the programs that it has installed to run them: it would run a
 * `create-stemcell` of an earlier attempt, as that has the same version.
 */
async function cacheWithoutPrograms(folder) {
  const cache = join(folder, 'npm-cache')
  mkdirSync(cache)
  const downloads = join((await run('npm', ['config', 'get', 'cache'])).stdout.trim(), '_cacache')
  mkdirSync(downloads, { recursive: true })
  symlinkSync(downloads, join(cache, '_cacache'), 'dir')
  return cache
}

/** The counts that the test runner of Node.js prints. */
function summary(output) {
  const count = (what) => Number(new RegExp(`^(?:# |ℹ )${what} (\\d+)$`, 'm').exec(output)?.[1])
  assert.ok(count('pass') > 0, `no test passed:\n${output}`)
  assert.equal(count('fail'), 0)
  return `${count('pass')} tests pass, ${count('skipped')} skipped`
}
