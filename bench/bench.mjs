// `npm run bench [-- name …] [--json]`: measures Stemcell beside floors taken in the same run, and prints ratios.
import { list } from './list.mjs'
import { placement } from './placement.mjs'
import { pool } from './pool.mjs'
import { sequence } from './sequence.mjs'
import { standalone } from './standalone.mjs'
import { starts } from './starts.mjs'
import { table } from './table.mjs'
import { web } from './web.mjs'

const BENCHES = { invoke: standalone, starts, pool, sequence, web, list, placement }

const args = process.argv.slice(2)
const json = args.includes('--json')
const names = args.filter((arg) => !arg.startsWith('--'))
const unknown = names.filter((name) => !(name in BENCHES))
if (unknown.length > 0) {
  console.error(`no bench called ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(1)
}

const results = {}
for (const [name, run] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue
  if (!json) console.log(`\n${name} …`)
  results[name] = await run()
  if (!json) console.log(table(results[name]))
}
if (json) console.log(JSON.stringify(results, null, 2))
