// Code in the guides and READMEs is compiled and run, or only compiled where it says `ts compiled`, as it needs a server
// of somebody else's; configurations are given to the server's schema; commands have to exist.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const RUN_MS = 60_000
const AT_ONCE = 2

/** Returns one text for each that is not as it says. */
export async function checkSnippets(root) {
  const pages = ['docs', 'docs/guides'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  )
  pages.push('README.md', ...['packages', 'examples'].flatMap((folder) => readmesIn(root, folder)))
  const snippets = pages.flatMap((page) => snippetsOf(page, readFileSync(join(root, page), 'utf8')))
  const of = (...kinds) => snippets.filter(({ kind }) => kinds.includes(kind))
  return [
    ...(await configurationProblems(root, of('json config'))),
    ...commandProblems(root, of('sh')),
    ...(await programProblems(root, of('ts', 'ts compiled'))),
  ]
}

function readmesIn(root, folder) {
  return readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}/README.md`)
    .filter((readme) => existsSync(join(root, readme)))
}

/** Each with its page, line and kind: what stands behind the fence. */
export function snippetsOf(page, markdown) {
  return [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    place: `${page}:${markdown.slice(0, found.index).split('\n').length}`,
    kind: found[1].trim(),
    code: found[2],
  }))
}

async function configurationProblems(root, snippets) {
  const { configSchema } = await import(pathToFileURL(join(root, 'packages/server/dist/index.js')).href)
  return snippets.flatMap(({ place, code }) => {
    const { success, error } = configSchema.safeParse(JSON.parse(code))
    return success ? [] : [`${place}: the server refuses it: ${error.message}`]
  })
}

/** `npm run` has to know the script, `stemcell` the command. */
function commandProblems(root, snippets) {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const help = (...args) =>
    spawnSync(process.execPath, [join(root, 'packages/server/dist/bundle/main.js'), ...args, '--help'], {
      encoding: 'utf8',
    })
  const known = new Map()
  return snippets.flatMap(({ place, code }) =>
    code.split('\n').flatMap((line) => {
      const [, script] = /\bnpm run ([\w:-]+)/.exec(line) ?? []
      if (script !== undefined && scripts[script] === undefined) return [`${place}: there is no npm run ${script}`]
      const [, words] = /^(?:npx )?stemcell((?: [a-z][a-z-]*)+)/.exec(line) ?? []
      if (words === undefined) return []
      const command = words.trim().split(' ').slice(0, 3)
      // The last words may be arguments.
      for (let length = command.length; length > 0; length--) {
        const key = command.slice(0, length).join(' ')
        if (!known.has(key)) known.set(key, help(...command.slice(0, length)))
        const { status, stdout } = known.get(key)
        const isGroup = stdout.includes('\nCommands:')
        if (status === 0 && !isGroup && stdout.startsWith(`Usage: stemcell ${key} `)) return []
      }
      return [`${place}: there is no command ${command.join(' ')}`]
    }),
  )
}

/** Programs are compiled together, inside the repository, so that they find its packages as a user would; then run. */
async function programProblems(root, snippets) {
  mkdirSync(join(root, '.test-report'), { recursive: true })
  const folder = mkdtempSync(join(root, '.test-report', 'snippets-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    snippets.forEach(({ code }, index) => writeFileSync(join(folder, `snippet-${index}.ts`), `${code}\nexport {}\n`))
    const compilerOptions = {
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
      module: 'NodeNext',
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      noEmitOnError: false,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    const compiled = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (compiled.status !== 0) {
      return compiled.stdout
        .trim()
        .split('\n')
        .map((line) =>
          line.replace(/^snippet-(\d+)\.ts/, (_, index) => `${snippets[index].place}: it does not compile: `),
        )
    }
    return await runAll(snippets, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runAll(snippets, folder) {
  const problems = []
  const waiting = snippets
    .map(({ place, kind }, index) => ({ place, kind, file: `snippet-${index}.js` }))
    .filter(({ kind }) => kind === 'ts')
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { code, output } = await run(join(folder, next.file), folder)
      if (code !== 0) problems.push(`${next.place}: it ends with ${code}:\n${output}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return problems
}

function run(file, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS)
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? signal, output })
    })
  })
}
