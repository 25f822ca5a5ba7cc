// `npm run bench [-- name …] [--json] [--quick]`: measures Stemcell beside floors taken in the same run, and prints
// ratios. `--quick` makes `containers`, `store` and `cluster` take few samples: to see that they work, not to compare.
// `--minutes N` is how long `churn` goes on for each kind of container; 1 unless told.
import { alarms } from './alarms.mjs'
import { churn } from './churn.mjs'
import { cluster } from './cluster.mjs'
import { containers } from './containers.mjs'
import { gateway } from './gateway.mjs'
import { invoke } from './invoke.mjs'
import { list } from './list.mjs'
import { observing } from './observing.mjs'
import { placement } from './placement.mjs'
import { pool } from './pool.mjs'
import { replay } from './replay.mjs'
import { sequence } from './sequence.mjs'
import { ServiceMissing } from './services.mjs'
import { starts } from './starts.mjs'
import { store } from './store.mjs'
import { table } from './table.mjs'
import { numberOf, readArguments } from '../scripts/read-arguments.mjs'
import { web } from './web.mjs'

const BENCHES = {
  invoke,
  starts,
  pool,
  sequence,
  web,
  gateway,
  list,
  placement,
  alarms,
  replay,
  observing,
  containers,
  churn,
  store,
  cluster,
}

const USAGE = `npm run bench [-- NAME …] [--quick] [--json] [--minutes N]
NAME: ${Object.keys(BENCHES).join(' ')}`
const { values, positionals: names } = readArguments(
  USAGE,
  {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    minutes: { type: 'string' },
  },
  { positionals: true },
)
const { json, quick } = values
const minutes = values.minutes && numberOf('minutes', values.minutes, USAGE, { least: 0.01, most: 1_440, whole: false })
const options = { quick, minutes }
const unknown = names.filter((name) => !(name in BENCHES))
if (unknown.length > 0) {
  console.error(`no bench called ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(1)
}

const results = {}
for (const [name, run] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue
  if (!json) console.log(`\n${name} …`)
  try {
    results[name] = await run(options)
    if (!json) console.log(table(results[name]))
  } catch (error) {
    if (!(error instanceof ServiceMissing)) throw error
    results[name] = { skipped: error.message }
    console.error(`${name} is skipped: ${error.message}`)
    if (names.length > 0) process.exitCode = 1
  }
}
if (json) console.log(JSON.stringify(results, null, 2))
