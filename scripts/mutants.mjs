// Breaks real adapters in one place each, and shows that a case of their kit fails: `npm run mutants [-- <kit>…]`.
// Survivors are listed; one that no reason is written down for ends it with an error, as does one that is caught though
// a reason says that it survives.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { servicesEnvironment } from './services/environment.mjs'
import { MUTANT_SETS } from './mutants/mutants.mjs'
import { readArguments } from './read-arguments.mjs'

const root = resolve(import.meta.dirname, '..')
const LIMIT_MS = 300_000
const { positionals: wanted } = readArguments('npm run mutants [-- PART_OF_A_KIT …]', {}, { positionals: true })
const services = { ...servicesEnvironment(), ...process.env }
const problems = []
const survivors = []
let caught = 0

for (const set of MUTANT_SETS) {
  if (wanted.length > 0 && !wanted.some((word) => set.kit.includes(word))) continue
  if (set.service && !services[set.service]) {
    console.log(`\n${set.kit}: skipped, ${set.service} says where no service is; npm run services -- up`)
    continue
  }
  console.log(`\n${set.kit}`)
  const sound = await run(set)
  if (sound.code !== 0) {
    problems.push(`${set.kit}: its tests fail without any mutant`)
    console.log(sound.output)
    continue
  }
  for (const mutant of set.mutants) {
    const { code, output } = await run(set, mutant)
    const by = /(?:×|FAIL) .*?([a-z-]+\.[a-z0-9-]+)/.exec(output)?.[1]
    if (code === 0) {
      survivors.push(`${set.kit}: ${mutant.name}: ${mutant.survives ?? 'NO REASON IS KNOWN'}`)
      if (!mutant.survives) problems.push(`${set.kit}: ${mutant.name}: survives`)
      console.log(`  survives  ${mutant.name}`)
    } else {
      caught++
      if (mutant.survives) problems.push(`${set.kit}: ${mutant.name}: is caught by now, take its reason away`)
      console.log(`  caught    ${mutant.name}  (${by ?? 'in time-out or while it loads'})`)
    }
  }
}

console.log(`\n${caught} caught, ${survivors.length} survive`)
for (const line of survivors) console.log(`  ${line}`)
for (const line of problems) console.error(`problem: ${line}`)
process.exitCode = problems.length > 0 ? 1 : 0

function run({ test, only }, mutant) {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'scripts/mutants/vitest.config.mjs', test]
  if (only) args.push('-t', only)
  const env = { ...services, STEMCELL_MUTANT: JSON.stringify(mutant ?? null), NO_COLOR: '1' }
  return new Promise((settle) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
    child.on('close', (code) => {
      clearTimeout(timer)
      settle({ code: code ?? 1, output })
    })
  })
}
