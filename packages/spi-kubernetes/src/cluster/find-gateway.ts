import type { Gateway } from '@stemcell/core/container-engine'
import { once } from 'node:events'
import { connect, isIPv6 } from 'node:net'
import { refusedWith } from '../api/api-refusal.ts'
import type { ApiServer } from '../api/api-server.ts'

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/
const CONNECT_MS = 5_000

interface NodeList {
  readonly items: readonly {
    readonly status: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] }
  }[]
}

/**
 * This machine as the pods of the cluster see it: the address from which it speaks to the API server, open to pods of ours
 * (`isPod`) and to the nodes. Undefined where that is a loopback address. Rejects as {@link ApiServer.call}.
 */
export async function findGateway(
  server: ApiServer,
  isPod: (address: string) => boolean,
): Promise<Gateway | undefined> {
  const address = await ownAddress(server.url)
  if (LOOPBACK.test(address)) return undefined
  const nodes = await nodesOf(server)
  // What leaves a node may bear the node's own address.
  const subnet = nodes.flatMap(({ status }) =>
    (status.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .map((node) => `${node.address}/${isIPv6(node.address) ? 128 : 32}`),
  )
  return { address, subnet, isContainer: isPod }
}

async function nodesOf(server: ApiServer): Promise<NodeList['items']> {
  try {
    return (await server.call<NodeList>('GET', '/api/v1/nodes', { query: { limit: '500' } })).items
  } catch (error) {
    // The Role of the README does not have it. Pods are known by their own addresses then, which not every network keeps.
    if (refusedWith(error) === 403) return []
    throw error
  }
}

/** From which this machine speaks to the server. Rejects with the driver's error. */
async function ownAddress({ hostname, port, protocol }: URL): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(port || (protocol === 'https:' ? 443 : 80)), timeout: CONNECT_MS })
  try {
    socket.once('timeout', () => socket.destroy(new Error(`no connection to ${host} in time`)))
    await once(socket, 'connect')
    return socket.localAddress ?? ''
  } finally {
    socket.destroy()
  }
}
