// The cable between this machine and a cluster's namespace, and addresses that nobody else on this machine uses.
//
// 10.A.B.1 is this machine's end, 10.A.B.2 the node with the API server, and 10.A.(B+1).0/24 are pods: all of them are on this
// machine. While a cluster is up, or has crashed, its addresses are never looked for outside of the machine.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of Services, which only the cluster itself reaches: the same in all clusters. */
export const SERVICE_RANGE = '10.96.0.0/16'
export const FIRST_SERVICE = '10.96.0.1'

const CANDIDATES = 64

/**
 * @typedef {object} Network
 * @property {string} range
 * @property {string} host this machine's address
 * @property {string} node
 * @property {string} pods
 */

/**
 * Lays the cable to the namespace of process `pid`.
 * @returns {Network}
 */
export function connect(folder, cable, pid) {
  const network = freeNetwork(folder)
  writeFileSync(join(folder, 'network.json'), JSON.stringify(network))
  ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'node', 'netns', `${pid}`)
  ip('address', 'add', `${network.host}/30`, 'dev', cable)
  ip('link', 'set', cable, 'up')
  const inside = ['nsenter', '--target', `${pid}`, '--net', '--', 'ip']
  run(...inside, 'address', 'add', `${network.node}/30`, 'dev', 'node')
  run(...inside, 'link', 'set', 'node', 'up')
  // Packets to a Service need a way before the rules send them to a pod.
  run(...inside, 'route', 'add', SERVICE_RANGE, 'dev', 'node', 'src', network.node)
  ip('route', 'replace', 'unreachable', network.range, 'metric', '4000000000')
  ip('route', 'add', network.pods, 'via', network.node, 'dev', cable)
  return network
}

/** Takes away what `connect` left on this machine, and says nothing when there is nothing. */
export function disconnect(folder, cable) {
  removeCable(cable)
  const file = join(folder, 'network.json')
  if (!existsSync(file)) return
  const { range } = JSON.parse(readFileSync(file, 'utf8'))
  if (routes().some(({ type, dst }) => type === 'unreachable' && dst === range))
    ip('route', 'delete', 'unreachable', range)
}

/** It goes by itself with the namespace at its other end, which may be while we look. */
function removeCable(cable) {
  const isThere = () => existsSync(join('/sys/class/net', cable))
  if (!isThere()) return
  try {
    ip('link', 'delete', cable)
  } catch (error) {
    if (isThere()) throw error
  }
}

function freeNetwork(folder) {
  const taken = [
    ...JSON.parse(ip('-json', '-4', 'address')).flatMap(({ addr_info: addresses = [] }) =>
      addresses.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ),
    ...routes().flatMap(({ dst }) => (dst === 'default' ? [] : [dst])),
  ]
  for (let attempt = 0; attempt < CANDIDATES; attempt += 1) {
    const [a, b] = createHash('sha256').update(`${folder} ${attempt}`).digest()
    const [second, third] = [128 + (a % 128), b - (b % 2)]
    const range = `10.${second}.${third}.0/23`
    if (taken.some((other) => overlap(range, other))) continue
    const link = `10.${second}.${third}`
    return { range, host: `${link}.1`, node: `${link}.2`, pods: `10.${second}.${third + 1}.0/24` }
  }
  throw new Error(`none of ${CANDIDATES} ranges of addresses below 10.128.0.0/9 is free: ${taken.join(', ')}`)
}

const routes = () => JSON.parse(ip('-json', '-4', 'route', 'show', 'table', 'all'))

function overlap(one, other) {
  const [[first, firstBits], [second, secondBits]] = [one, other].map((text) => {
    const [address, bits = '32'] = text.split('/')
    const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    return [number, Number(bits)]
  })
  const size = 2 ** (32 - Math.min(firstBits, secondBits))
  return Math.floor(first / size) === Math.floor(second / size)
}

const ip = (...args) => run('ip', ...args)

function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
  return stdout
}
