// `npm run simulate [-- --events N] [--seed S]`: the invoker's pool under random load and failures on a virtual clock.
// `npm run simulate -- --cluster […]`: whole clusters, see packages/simulator. `npm run simulate -- --bites [NAME…]`: those
// with a fault each, which must be found.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bites } from './mutants/cluster-bites.mjs'
import { numberOf, readArguments } from './read-arguments.mjs'

const USAGE = `npm run simulate [-- --events N] [--seed S]    the pool of an invoker
       npm run simulate -- --cluster [--help]      whole clusters
       npm run simulate -- --bites [NAME …]        whole clusters with a fault each`
const root = join(dirname(fileURLToPath(import.meta.url)), '..')

function cluster(args) {
  const main = join(root, 'packages', 'simulator', 'dist', 'main.js')
  const { status } = spawnSync(process.execPath, [main, ...args], { cwd: root, stdio: 'inherit' })
  return status ?? 1
}

function pool() {
  const { values } = readArguments(USAGE, {
    events: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  })
  numberOf('events', values.events, USAGE, { least: 1, most: 2 ** 32 })
  numberOf('seed', values.seed, USAGE, { least: 0, most: 2 ** 32 })
  console.log(`${values.events} events, seed ${values.seed}`)
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      'packages/core/test/invoker/pool/pool-simulation.test.ts',
      '--testNamePattern=keeps its promises',
      '--disable-console-intercept',
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        STEMCELL_EVENTS: values.events,
        STEMCELL_SEED: values.seed,
        STEMCELL_SIMULATION_REPORT: '1',
      },
    },
  )
  return status ?? 1
}

const [form, ...args] = process.argv.slice(2)
process.exit(form === '--cluster' ? cluster(args) : form === '--bites' ? bites(args) : pool())
