// Podman from Debian's packages, as root, with storage, networks and locks of its own: other Podmans on the machine
// are neither seen nor touched.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { offerAt, requireProgram, startDetached, until, withdrawFrom } from './service.mjs'

/** An address of a unix socket has 108 bytes, and one of them ends it. */
const MAX_SOCKET_BYTES = 107
/** Podman allows no longer one for what it keeps while it runs. */
const MAX_RUN_ROOT_BYTES = 50
const USUAL_SOCKET = '/run/podman/podman.sock'

/** @type {import('./service.mjs').Service} */
export default {
  name: 'podman',
  async up(folder) {
    const state = await startPodman(folder)
    offerAt(USUAL_SOCKET, state.socket)
    return { ...state, env: { STEMCELL_TEST_PODMAN_SOCKET: state.socket } }
  },
  answers: ({ env }) => pings(env.STEMCELL_TEST_PODMAN_SOCKET),
  async down({ env }, folder) {
    withdrawFrom(USUAL_SOCKET, env.STEMCELL_TEST_PODMAN_SOCKET)
    removePodman(folder, env.STEMCELL_TEST_PODMAN_SOCKET)
  },
}

/**
 * Starts the API service of a Podman that keeps everything in `folder`, and resolves once it answers. Called again
 * after its process ended, it finds the containers that are there.
 */
export async function startPodman(folder, socket = socketFor(folder)) {
  const { program, globals, env } = podmanIn(folder)
  rmSync(socket, { force: true })
  const args = [...globals, 'system', 'service', '--time=0', `unix://${socket}`]
  const state = startDetached(folder, program, args, { env })
  await until('podman', () => pings(socket), { folder, state })
  return { ...state, socket }
}

/** Removes every container and unmounts the storage, so that `folder` can be deleted. Its service has ended. */
export function removePodman(folder, socket) {
  const { program, globals, env } = podmanIn(folder)
  const run = (...args) => spawnSync(program, [...globals, ...args], { env, encoding: 'utf8', timeout: 120_000 })
  const { status, stderr } = run('rm', '--all', '--force', '--time', '0')
  if (status !== 0) throw new Error(`cannot remove the containers: ${stderr}`)
  // Bridges outlive their networks' last container only after a crash.
  run('network', 'prune', '--force')
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  const places = [folder, runFolder(folder)]
  const ours = mounts.filter((path) => places.some((place) => path.startsWith(`${place}/`)))
  for (const mount of ours.reverse()) spawnSync('umount', [mount])
  if (runFolder(folder) !== folder) rmSync(runFolder(folder), { recursive: true, force: true })
  if (dirname(socket) !== folder) rmSync(dirname(socket), { recursive: true, force: true })
}

function podmanIn(folder) {
  const program = requireProgram('podman', ['podman', 'runc', 'netavark', 'iptables'])
  requireProgram('runc', ['runc'])
  const [containersConf, storageConf] = ['containers.conf', 'storage.conf'].map((name) => join(folder, name))
  const run = runFolder(folder)
  mkdirSync(run, { recursive: true, mode: 0o700 })
  writeFileSync(containersConf, containersConfOf(folder))
  writeFileSync(storageConf, storageConfOf(folder))
  return {
    program,
    globals: ['--root', `${folder}/storage`, '--runroot', `${run}/run`, '--tmpdir', `${run}/tmp`],
    env: { ...process.env, CONTAINERS_CONF: containersConf, CONTAINERS_STORAGE_CONF: storageConf, TMPDIR: folder },
  }
}

/** Where it keeps what it needs while it runs: in the folder, or where its path is too long, at a short one of its own. */
function runFolder(folder) {
  if (Buffer.byteLength(`${folder}/run`) <= MAX_RUN_ROOT_BYTES) return folder
  return `/run/stemcell-podman-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`
}

const storageConfOf = (folder) => `[storage]
driver = "${/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')) ? 'overlay' : 'vfs'}"
graphroot = "${folder}/storage"
runroot = "${runFolder(folder)}/run"
`

// runc, because crun refuses hosts with both versions of cgroups. Small limits, because raising them may be denied.
const containersConfOf = (folder) => `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
[network]
network_backend = "netavark"
network_config_dir = "${folder}/networks"
`

function socketFor(folder) {
  const socket = join(folder, 'podman.sock')
  if (Buffer.byteLength(socket) <= MAX_SOCKET_BYTES) return socket
  const short = join(mkdtempSync(join(tmpdir(), `stemcell-${basename(folder)}-`)), 'podman.sock')
  if (Buffer.byteLength(short) <= MAX_SOCKET_BYTES) return short
  throw new Error(`${short} is too long for a unix socket, and so is ${socket}: set TMPDIR to a shorter path`)
}

function pings(socketPath) {
  if (!existsSync(socketPath)) return Promise.resolve(false)
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/libpod/_ping', timeout: 2000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    call.once('timeout', () => call.destroy())
    call.once('error', () => resolve(false))
    call.end()
  })
}
