// Builds the cluster's program from Go modules, once for its sources on this machine: all clones of the project use the same.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireProgram } from '../service.mjs'

const sources = join(dirname(fileURLToPath(import.meta.url)), 'program')

/** For machines whose own Go is too old to bring the one that go.mod asks for. */
const TOOLCHAIN = 'go1.24.13'
const FIRST_THAT_BRINGS_OTHERS = 21
const TELL_EVERY_MS = 30_000

/** `$XDG_CACHE_HOME/stemcell/kubernetes`: outside of the project, so that the next clone finds it. */
const cacheFolder = () =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stemcell', 'kubernetes', fingerprint())

/** Paths of the programs `kube` and `pause`, built when they are not there yet: some minutes, and 3 GB of Go's own cache. */
export async function buildPrograms({ say = console.log } = {}) {
  const folder = cacheFolder()
  const programs = { kube: join(folder, 'kube'), pause: join(folder, 'pause') }
  const built = () => existsSync(programs.kube) && existsSync(programs.pause)
  if (built()) return programs
  const go = findGo(say)
  mkdirSync(folder, { recursive: true })
  const lock = join(folder, 'lock')
  const flock = requireProgram('flock', ['util-linux'])
  const free = spawnSync(flock, ['--nonblock', lock, 'true']).status === 0
  const first = 'kubernetes is not built yet: that takes about six minutes, once on this machine'
  say(free ? first : 'kubernetes is being built by somebody else on this machine: waiting for it')
  await build({ go, folder, flock, lock, say })
  if (!built()) throw new Error(`go build made no programs in ${folder}`)
  return programs
}

// Who waited for the lock finds them built. A build that was killed leaves nothing that looks like one.
const UNLESS_BUILT = `set -e
test -e "$0/kube" && test -e "$0/pause" && exit
rm -rf "$0/fresh"
mkdir "$0/fresh"
nice -n 10 "$@"
mv "$0/fresh/pause" "$0/fresh/kube" "$0/"
rmdir "$0/fresh"`

function build({ go, folder, flock, lock, say }) {
  const version = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(sources, 'go.mod'), 'utf8'))[1]
  const [major, minor] = version.slice(1).split('.')
  const stamps = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  const set = Object.entries(stamps).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  const options = ['-v', '-trimpath', '-mod=readonly', '-buildvcs=false', `-ldflags=-s -w ${set.join(' ')}`]
  const command = [go, 'build', ...options, '-o', `${join(folder, 'fresh')}/`, './kube', './pause']
  const { GOTOOLCHAIN = 'auto' } = process.env
  // What GOROOT says is true of another Go, when ours has come as a module.
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN, GOWORK: 'off', GOROOT: '' }
  return tellingProgress(say, flock, [lock, 'sh', '-c', UNLESS_BUILT, folder, ...command], { cwd: sources, env })
}

function tellingProgress(say, command, args, options) {
  return new Promise((resolve, reject) => {
    const began = Date.now()
    const lines = []
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
    const timer = setInterval(() => {
      const seconds = Math.round((Date.now() - began) / 1000)
      say(`kubernetes: ${lines.length} packages compiled or fetched after ${seconds} s`)
    }, TELL_EVERY_MS)
    child.stderr.setEncoding('utf8').on('data', (text) => lines.push(...text.split('\n').filter(Boolean)))
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(timer)
      if (code === 0) return resolve()
      reject(new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${lines.slice(-15).join('\n')}`))
    })
  })
}

/** A Go that can build it: one that brings what go.mod asks for, by itself or with our help. */
function findGo(say) {
  const go = requireProgram('go', ['golang-go', 'ca-certificates'])
  const { stdout } = spawnSync(go, ['version'], { encoding: 'utf8' })
  const minor = Number(/go1\.(\d+)/.exec(stdout)?.[1] ?? 0)
  if (minor >= FIRST_THAT_BRINGS_OTHERS) return go
  say(`${stdout.trim()} is too old: fetching ${TOOLCHAIN} as a Go module`)
  return bringToolchain(go)
}

function bringToolchain(go) {
  const cpu = { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch
  const module = `golang.org/toolchain@v0.0.1-${TOOLCHAIN}.linux-${cpu}`
  const folder = cacheFolder()
  mkdirSync(folder, { recursive: true })
  const { status, stdout, stderr } = spawnSync(go, ['mod', 'download', '-json', module], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`go mod download ${module} failed:\n${stdout}${stderr}`)
  const { Dir: place } = JSON.parse(stdout)
  // Modules have no programs, as far as an old Go knows.
  const tools = join(place, 'pkg', 'tool', `linux_${cpu}`)
  for (const file of [join(place, 'bin', 'go'), ...readdirSync(tools).map((name) => join(tools, name))])
    chmodSync(file, 0o755)
  return join(place, 'bin', 'go')
}

/** Of everything that the programs are made from. */
function fingerprint() {
  const hash = createHash('sha256').update(process.arch)
  for (const name of readdirSync(sources, { recursive: true }).map(String).toSorted())
    if (/\.(go|mod|sum)$/.test(name)) hash.update(name).update(readFileSync(join(sources, name)))
  return hash.digest('hex').slice(0, 16)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { kube } = await buildPrograms()
  console.log(`kubernetes is built: ${kube}`)
}
