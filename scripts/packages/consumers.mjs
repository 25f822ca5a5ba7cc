// Projects of users, made from nothing but what the registry has.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'
import { callServer } from './served.mjs'
import { templateStages } from './templates.mjs'
import { importTool, NODES, toolFile } from './tools.mjs'

/** Stages: pairs of a name and what to do. A stage builds on those before; within one, two may run at once. */
export function consumerStages(context) {
  const [installed, ...others] = everythingChecks(context)
  const cost = others.find(([name]) => name.startsWith('importing'))
  return [
    [installed],
    // Nothing else of ours runs beside what is measured.
    [cost],
    others.filter((one) => one !== cost),
    ...serverChecks(context).map((check) => [check]),
    commandChecks(context),
    ...templateStages(context),
  ]
}

function project({ folder, registry }, name, files) {
  const place = join(folder, name)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, '.npmrc'), registry.npmrc)
  const manifest = { name: `user-${name}`, private: true, type: 'module' }
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), text)
  return place
}

const install = (cwd, ...names) => run('npm', ['install', '--loglevel=error', ...names], { cwd })

const TYPED_PROGRAM = `
import { assemble, memoryContainers, PlatformError, type Adapter, type ClusterView, type LoadBalancer, type Placement } from '@stemcell/core'
import { levelStores } from '@stemcell/spi-level'
import { redisQueue } from '@stemcell/spi-redis'
import { kafkaQueue } from '@stemcell/spi-kafka'
import { couchStores } from '@stemcell/spi-couchdb'
import { processContainers } from '@stemcell/spi-process'
import { dockerContainers } from '@stemcell/spi-docker'
import { podmanContainers } from '@stemcell/spi-podman'
import { kubernetesContainers } from '@stemcell/spi-kubernetes'
import { prometheusMetrics } from '@stemcell/metrics-prometheus'
import { startStandalone, readConfig } from '@stemcell/server'
import { runQueueConformance } from '@stemcell/conformance/node-test'

class First implements LoadBalancer {
  readonly name = 'first'
  place(_request: unknown, cluster: ClusterView): Placement {
    const [first] = cluster.invokers
    return first ? { invoker: first.id } : { reject: 'none' }
  }
}
const scheduler: Adapter<LoadBalancer> = { name: 'first', core: '^0.1.0', build: () => new First() }

export async function main(): Promise<unknown> {
  const metrics = prometheusMetrics()
  const platform = await assemble({
    ...levelStores({ dir: '.' }), containers: processContainers({}), loadBalancer: scheduler,
    observers: metrics.observers, routes: [metrics.route], limits: { timeoutMs: { max: 3000 } },
  })
  const guest = await platform.client('guest')
  await guest.putAction('hi', { exec: { kind: 'nodejs:default', code: 'function main() { return {} }' } })
  const { response } = await guest.invoke('hi', { name: 'x' })
  await platform.close()
  // @ts-expect-error an option that does not exist
  const wrong: Parameters<typeof assemble>[0] = { containers: memoryContainers(), quue: 1 }
  return [response, wrong, PlatformError, redisQueue, kafkaQueue, couchStores, dockerContainers, podmanContainers,
    kubernetesContainers, startStandalone, readConfig, runQueueConformance]
}
`

const RUN_PROGRAM = `
// @ts-check
import { assemble, CORE_VERSION } from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'

const platform = await assemble({ containers: processContainers({}) })
await platform.subjects.createUser('guest')
const guest = await platform.client('guest')
await guest.putAction('hi', { exec: { kind: 'nodejs:default', code: 'function main({ name }) { return { hi: name } }' } })
const activation = await guest.invoke('hi', { name: 'you' })
await platform.close()
console.log(JSON.stringify([CORE_VERSION, activation.response]))
`

// The compiler may be too old for a dependency's declarations; ours must be right for it.
const COMPILERS = new Map([
  ['5.4', toolFile('typescript-5.4', 'bin', 'tsc')],
  ['5.9', toolFile('typescript-5.9', 'bin', 'tsc')],
  ['6.0', toolFile('typescript-6.0', 'bin', 'tsc')],
])

function everythingChecks(context) {
  const { root, packages } = context
  const compilers = new Map([...COMPILERS, ['7.0', join(root, 'node_modules', 'typescript', 'bin', 'tsc')]])
  let place
  const settings = (options) => ({
    compilerOptions: {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      ...options,
    },
  })
  return [
    [
      'all packages install together',
      async () => {
        place = project(context, 'everything', {
          'typed.ts': TYPED_PROGRAM,
          'program.mjs': RUN_PROGRAM,
          'tsconfig.json': JSON.stringify({ ...settings({}), files: ['typed.ts'] }),
          'tsconfig.bundler.json': JSON.stringify({
            ...settings({ module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true }),
            files: ['typed.ts'],
          }),
          'tsconfig.js.json': JSON.stringify({
            ...settings({ allowJs: true, checkJs: true, skipLibCheck: true }),
            files: ['program.mjs'],
          }),
        })
        await install(place, '@types/node@20', ...packages.map(({ name }) => name))
        const lock = JSON.parse(readFileSync(join(place, 'package-lock.json'), 'utf8')).packages
        for (const { name } of packages)
          assert.ok(lock[`node_modules/${name}`]?.integrity, `${name} is not from the registry`)
        const copies = Object.keys(lock).filter((path) => path.endsWith('node_modules/@stemcell/core'))
        assert.deepEqual(copies, ['node_modules/@stemcell/core'], 'there is one core')
      },
    ],
    ...[...compilers].map(([version, tsc]) => [
      `types from TypeScript ${version}`,
      async () => {
        // How packages are found makes a difference to the oldest and the newest, if to any.
        const more = ['5.4', '7.0'].includes(version) ? ['tsconfig.bundler.json', 'tsconfig.js.json'] : []
        for (const config of ['tsconfig.json', ...more]) {
          const { stdout } = await run(process.execPath, [tsc, '-p', config, '--pretty', 'false'], {
            cwd: place,
          }).catch((error) => ({ stdout: error.message }))
          const errors = stdout.split('\n').filter((line) => /error TS/.test(line))
          const ours = errors.filter((line) => /^(?!node_modules\/)|node_modules\/(?:@stemcell|stemcell)\//.test(line))
          assert.deepEqual(ours, [], `${config}\n${stdout.slice(0, 3000)}`)
        }
      },
    ]),
    ...[...NODES].map(([major, node]) => [
      `plain JavaScript on Node.js ${major}`,
      async () => {
        if (node === undefined) return `skipped: this Node.js is ${process.version}`
        const entries = packages.flatMap(({ name, manifest }) =>
          Object.keys(manifest.exports)
            .filter((path) => !['./main', './package.json', './vitest', './node-test'].includes(path))
            .map((path) => `${name}${path.slice(1)}`),
        )
        const importAll = `for (const entry of ${JSON.stringify(entries)}) await import(entry); console.log(process.version)`
        writeFileSync(join(place, 'import-all.mjs'), importAll)
        const { stdout } = await run(node, ['import-all.mjs'], { cwd: place })
        assert.ok(stdout.startsWith(`v${major}.`), stdout)
        const ran = await run(node, ['program.mjs'], { cwd: place })
        assert.deepEqual(JSON.parse(ran.stdout)[1].result, { hi: 'you' })
        assert.equal(ran.stderr, '', 'nothing is warned of')
        return `${entries.length} entries`
      },
    ]),
    [
      'importing core costs at most twice what undici does',
      async () => {
        const program = 'const t = performance.now(); await import(process.argv[1]); console.log(performance.now() - t)'
        const cost = async (name) => {
          const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, name], { cwd: place })
          return Number(stdout)
        }
        // The least of many, taken in turn: others use this machine too.
        let [core, undici] = [Infinity, Infinity]
        for (let round = 0; round < 12; round++) {
          undici = Math.min(undici, await cost('undici'))
          core = Math.min(core, await cost('@stemcell/core'))
        }
        assert.ok(core <= 2 * undici, `core ${core.toFixed(0)} ms, undici ${undici.toFixed(0)} ms`)
        return `${(core / undici).toFixed(2)} x, ${core.toFixed(0)} ms`
      },
    ],
    [
      'a bundled platform runs, with nothing beside it',
      async () => {
        const { build } = await importTool('esbuild')
        const alone = join(context.folder, 'alone')
        const text = RUN_PROGRAM.replace(
          /import \{ processContainers.*/,
          "import { memoryContainers } from '@stemcell/core'",
        ).replace('processContainers({})', 'memoryContainers()')
        writeFileSync(join(place, 'to-bundle.mjs'), text)
        await build({
          entryPoints: [join(place, 'to-bundle.mjs')],
          outfile: join(alone, 'platform.mjs'),
          bundle: true,
          platform: 'node',
          format: 'esm',
          target: 'node20',
          logLevel: 'silent',
          // What CommonJS inside the bundle calls.
          banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url)" },
        })
        const { stdout } = await run(process.execPath, ['platform.mjs'], { cwd: alone })
        assert.deepEqual(JSON.parse(stdout)[1].result, { hi: 'you' })
      },
    ],
  ]
}

function serverChecks(context) {
  let place
  return [
    [
      'the server installs without engines that are not used',
      async () => {
        place = project(context, 'server', {})
        await install(place, '@stemcell/server')
        for (const name of ['dockerode', 'ssh2', 'docker-modem', 'kafkajs', 'ioredis', '@stemcell/spi-docker'])
          assert.ok(!existsSync(join(place, 'node_modules', name)), `${name} is installed`)
        const stemcell = join(place, 'node_modules', '.bin', 'stemcell')
        const failed = await run(stemcell, ['standalone', '--port', '0', '--containers', 'docker'], {
          cwd: place,
        }).then(
          () => 'it started',
          (error) => error.message,
        )
        assert.match(failed, /npm install @stemcell\/spi-docker/)
        return `${readdirSync(join(place, 'node_modules')).length} folders in node_modules`
      },
    ],
    [
      'and with one it is there',
      async () => {
        await install(place, '@stemcell/spi-podman')
        const stemcell = join(place, 'node_modules', '.bin', 'stemcell')
        const config = { containers: { adapter: '@stemcell/spi-podman', options: { socket: join(place, 'no.sock') } } }
        writeFileSync(join(place, 'config.json'), JSON.stringify(config))
        const failed = await run(stemcell, ['standalone', '--port', '0', '--config', 'config.json'], {
          cwd: place,
        }).then(
          () => 'it started',
          (error) => error.message,
        )
        assert.match(failed, /spi-podman/)
        assert.doesNotMatch(failed, /npm install/)
      },
    ],
  ]
}

function commandChecks(context) {
  return [...NODES].map(([major, node]) => [
    `npx stemcell standalone on Node.js ${major}`,
    async () => {
      if (node === undefined) return `skipped: this Node.js is ${process.version}`
      const place = project(context, `command-${major}`, {})
      if (major === '20') return callServer('npx', ['--yes', 'stemcell', 'standalone', '--port', '0'], { cwd: place })
      const script = join(context.folder, 'everything', 'node_modules', 'stemcell', 'bin', 'stemcell.mjs')
      return callServer(node, [script, 'standalone', '--port', '0'], { cwd: place })
    },
  ])
}
