// Each fault of the table in docs/simulator.md, one after the other: the simulated cluster must find all of them.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { HISTORY_SEEDS, CLUSTER_MUTANTS } from './cluster-mutants.mjs'

const root = join(import.meta.dirname, '../..')
const MAIN = join(root, 'packages', 'simulator', 'dist', 'main.js')
const WITH_MUTANT = join(import.meta.dirname, 'with-mutant.mjs')

/**
 * Runs seeds with a fault until one breaks a promise.
 * @param {string} name Of a mutant, or of a fault that OpenWhisk had.
 * @param {number} [seeds] At most so many; default: as the table says.
 * @returns {{ seed: number | undefined, rule: string, output: string }} The seed that found it, and which promise was broken.
 */
export function bite(name, seeds) {
  const mutant = CLUSTER_MUTANTS.find((candidate) => candidate.name === name)
  const most = seeds ?? mutant?.seeds ?? HISTORY_SEEDS[name]
  if (most === undefined) throw new Error(`there is no fault '${name}'`)
  const flaw = mutant ? [] : ['--flaw', name]
  const load = mutant ? ['--import', WITH_MUTANT] : []
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...load, MAIN, '--seed', String(mutant?.first ?? 1), '--seeds', String(most), '--first', '--json', ...flaw],
    { encoding: 'utf8', maxBuffer: 2 ** 26, env: { ...process.env, STEMCELL_MUTANT: JSON.stringify(mutant ?? null) } },
  )
  const reports = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  const found = reports.find(({ violations }) => violations.length > 0)
  return { seed: found?.seed, rule: found?.violations[0].rule ?? '', output: stdout + stderr }
}

/** @param {readonly string[]} names Default: all. */
export function bites(names) {
  const all = [...Object.keys(HISTORY_SEEDS), ...CLUSTER_MUTANTS.map(({ name }) => name)]
  let missed = 0
  for (const name of names.length > 0 ? names : all) {
    const { seed, rule, output } = bite(name)
    if (seed === undefined) {
      missed++
      console.log(`NOT FOUND  ${name}\n${output.slice(-2_000)}`)
    } else console.log(`found      ${name}: seed ${seed} breaks '${rule}'`)
  }
  return missed === 0 ? 0 : 1
}
