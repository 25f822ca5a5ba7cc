// Runs examples, each as its own package.json says: its script `example`, else its tests. `npm run examples -- [NAMES…]`
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readArguments } from './read-arguments.mjs'

const folder = process.env.STEMCELL_EXAMPLES ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'examples')

/** Names of the examples that can be run, each with its script. */
const examples = new Map(
  readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'package.json')))
    .flatMap((name) => {
      const { scripts = {} } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
      const script = ['example', 'test'].find((known) => scripts[known] !== undefined)
      return script === undefined ? [] : [[name, script]]
    }),
)

const { positionals: names } = readArguments('npm run examples [-- NAME …]', {}, { positionals: true })
const unknown = names.filter((name) => !examples.has(name))
if (unknown.length > 0 || examples.size === 0) {
  console.error(`there is no example ${unknown.join(', ')}; there are ${[...examples.keys()].join(', ')}`)
  process.exit(2)
}

const results = []
for (const name of names.length > 0 ? new Set(names) : examples.keys()) {
  const script = examples.get(name)
  console.log(`\n== ${name}: npm run ${script}\n`)
  const beganMs = performance.now()
  const code = await run(join(folder, name), script)
  results.push({ name, script, code, seconds: (performance.now() - beganMs) / 1000 })
}

const width = Math.max(...results.map(({ name }) => name.length))
console.log('')
for (const { name, script, code, seconds } of results) {
  const outcome = code === 0 ? 'ok    ' : 'FAILED'
  console.log(`${outcome} ${name.padEnd(width)}  ${script.padEnd(7)} ${seconds.toFixed(1).padStart(6)} s`)
}
const failed = results.filter(({ code }) => code !== 0).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

function run(cwd, script) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], { cwd, stdio: 'inherit' })
    child.once('error', (error) => {
      console.error(`npm cannot be run: ${error.message}`)
      resolve(1)
    })
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
}
