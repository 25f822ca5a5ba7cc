// The image of Dockerfile for machines without a registry: made from this machine's Node.js and this checkout, which is built.
// node examples/deploy/image.mjs --output stemcell.tar
import { buildImage, baseSystem, npmClosure, RootFs } from '@stemcell/images'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** As of the user `node` in the image of Node.js. */
const USER = '1000:1000'

/** The server with every adapter. There is no Python in it: actions in Python need containers of their own. */
export const serverImage = {
  name: 'stemcell',
  summary: 'controllers and invokers',
  plan() {
    const { version } = manifestOf(join(ROOT, 'packages/server'))
    // What a manifest may call before the server is told to stop.
    const system = baseSystem()
      .addProgram('/usr/bin/node', process.execPath)
      .addProgram('/usr/bin/sleep', '/usr/bin/sleep')
    return {
      tag: version,
      layers: [
        system,
        installed((name) => !name.startsWith('@stemcell/')),
        installed((name) => name.startsWith('@stemcell/')),
      ],
      config: {
        entrypoint: ['/usr/bin/node', '/stemcell/node_modules/@stemcell/server/dist/bundle/main.js'],
        environment: { PATH: '/usr/bin', LANG: 'C.UTF-8', HOME: '/tmp', NODE_ENV: 'production' },
        workingFolder: '/stemcell',
        user: USER,
        labels: {},
      },
    }
  },
}

/** Our packages as they are published, and what they need when they run. */
function installed(wanted) {
  const root = new RootFs().addFolder('/data', 0o1777)
  for (const { place, folder } of npmClosure(ours(), ROOT)) {
    const name = place.split('node_modules/').at(-1)
    if (wanted(name)) root.addTree(`/stemcell/${place}`, folder, name.startsWith('@stemcell/') ? isPublished : isNeeded)
  }
  return root
}

const isNeeded = (below) => !/^node_modules$|\.(md|map|[cm]?ts)$/i.test(below)
const isPublished = (below) => isNeeded(below) && !/^(src|test|bench|tsconfig\.json)(\/|$)|\.tsbuildinfo$/.test(below)

/** Every adapter is to be had by its name. */
function ours() {
  return readdirSync(join(ROOT, 'packages'))
    .map((folder) => manifestOf(join(ROOT, 'packages', folder)).name)
    .filter((name) => name.startsWith('@stemcell/'))
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** Writes `registry.example.com/stemcell:0.1.0`, say, as an archive that `docker load` and `ctr images import` take. */
export function buildServerImage(file, registry) {
  return buildImage(serverImage, { to: { file }, prefix: registry })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { output: { type: 'string' }, registry: { type: 'string', default: 'registry.example.com' } },
  })
  if (!values.output) {
    console.error('usage: node examples/deploy/image.mjs --output FILE.tar [--registry registry.example.com]')
    process.exit(2)
  }
  const { names, bytes } = await buildServerImage(values.output, values.registry)
  console.log(`${names.join(', ')} (${Math.round(bytes / 1e6)} MB) is in ${values.output}`)
}
