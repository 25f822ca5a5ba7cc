import { spawn } from 'node:child_process'
import { relative } from 'node:path'
import { askFor, askText } from './ask.ts'
import { HELP, readCommandLine, type CommandLine } from './command-line.ts'
import { CreateError } from './create-error.ts'
import { createProject, packagesOfClone, type CreateOptions } from './create-project.ts'
import { SPIS, TEMPLATES, type Spi, type TemplateName } from './templates.ts'

const terminal = { input: process.stdin, output: process.stdout }
const isAsked = process.stdin.isTTY && process.stdout.isTTY && !process.env['CI']

async function main(args: readonly string[]): Promise<void> {
  const given = readCommandLine(args)
  if (given.help) return say(HELP)
  const options = await complete(given)
  const packages = packagesOfClone()
  const { folder, name, files } = createProject({ ...options, packages })
  say(`${name}: ${files.length} files in ${folder}`)
  if (packages !== undefined) say(`Its packages of Stemcell are those of ${packages}`)
  if (given.install) await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder)
  if (given.test) await run('npm', ['test'], folder)
  const place = relative(process.cwd(), folder)
  const steps = [
    ...(place === '' ? [] : [`cd ${/^[\w./-]+$/.test(place) ? place : JSON.stringify(place)}`]),
    ...(given.install ? [] : ['npm install']),
    ...(given.test ? [] : ['npm test']),
  ]
  if (steps.length > 0) say(`Next: ${steps.join(' && ')}`)
}

/** What the command line does not say is asked, where somebody can answer. */
async function complete(given: CommandLine): Promise<CreateOptions> {
  if (given.template === undefined && !isAsked) {
    throw new CreateError(
      `say what to make, for example: npm create stemcell my-platform -- --template platform\n\n${HELP}`,
    )
  }
  const template = given.template ?? ((await askFor('What do you want to make?', TEMPLATES, terminal)) as TemplateName)
  const chooses = template === 'adapter' && given.spi === undefined
  const names = Object.fromEntries(Object.keys(SPIS).map((name) => [name, '']))
  const spi = chooses && isAsked ? ((await askFor('For which contract?', names, terminal)) as Spi) : given.spi
  const proposed = `my-${template === 'adapter' ? (spi ?? 'queue') : template}`
  const folder = given.folder ?? (isAsked ? await askText('In which folder?', proposed, terminal) : proposed)
  return { folder, template, ...(spi && { spi }), ...(given.name !== undefined && { name: given.name }) }
}

/** Shows what the program prints. */
function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
    child.once('error', (cause) => reject(new CreateError(`cannot run ${command}: ${cause.message}`, { cause })))
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new CreateError(`${command} ${args[0]} ended with ${code ?? signal}; the files are in ${cwd}`))
    })
  })
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(
    `${error instanceof CreateError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  )
  process.exitCode = 1
}
