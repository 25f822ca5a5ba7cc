import { PlatformError } from '../errors.ts'
import { shardingBalancer } from '../load-balancer/sharding-balancer.ts'
import { assignInvokerId, noteInvokerId } from '../store/invoker-numbers.ts'
import { ControllerNode } from './controller-node.ts'
import { Engines } from './engines.ts'
import { InvokerNode } from './invoker-node.ts'
import { OpenParts } from './open-in-order.ts'
import type { ControllerOptions, InvokerNodeOptions, PlatformOptions } from './platform-options.ts'
import { Platform } from './platform.ts'
import { use } from './provide.ts'
import { openings, registerParts } from './register-parts.ts'
import { ENTITY_STORE, LOGGER } from './tokens.ts'

/**
 * Builds a platform of the given parts and opens it: stores, auth, queue, rate limiter, log store, containers, then
 * controller and invoker. When a part does not open, those that did are closed again.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE the message names the adapter, and the option and fix where there is one.
 */
export async function assemble(options: PlatformOptions): Promise<Platform> {
  const container = registerParts(options)
  const parts = new OpenParts(use(container, LOGGER))
  const platform = new Platform(container, parts, new Engines(container, options), options.apiHost)
  await parts.open([...openings(container, options, ['controller', 'invoker']), ...platform.openings])
  return platform
}

/**
 * Builds and opens a controller of a cluster: others may share its queue and stores, and its invokers are elsewhere.
 * Queue and stores must be ones that several processes can share. The load balancer is the sharding one unless another
 * is given.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE as `assemble`.
 */
export async function assembleController(given: ControllerOptions): Promise<ControllerNode> {
  const options = { ...given, loadBalancer: given.loadBalancer ?? shardingBalancer() }
  const container = registerParts(options)
  const parts = new OpenParts(use(container, LOGGER))
  const node = new ControllerNode(container, parts, new Engines(container, options), true)
  await parts.open([...openings(container, options, ['controller']), ...node.openings])
  return node
}

/**
 * Builds and opens an invoker of a cluster. Its number is given, or belongs to its unique name, which gets the next
 * free one when it is new.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE as `assemble`.
 */
export async function assembleInvoker(options: InvokerNodeOptions): Promise<InvokerNode> {
  const { id, uniqueName } = options.invokerInstance
  const { apiHost } = options
  if (id === undefined && uniqueName === undefined) {
    throw new PlatformError('ERR_CONFIG', 'invokerInstance: give an id, or a uniqueName to have one assigned')
  }
  const container = registerParts(options)
  const parts = new OpenParts(use(container, LOGGER))
  await parts.open(openings(container, options, ['invoker']))
  try {
    const engines = new Engines(container, options)
    const store = use(container, ENTITY_STORE)
    const number = id ?? (await assignInvokerId(store, uniqueName!))
    await noteInvokerId(store, number)
    const invoker = engines.invoker(engines.instance(number), () => apiHost)
    await parts.open([
      ...engines.background,
      { name: `invoker${number}`, open: () => invoker.open(), close: () => invoker.close() },
    ])
    return new InvokerNode(container, parts, invoker)
  } catch (error) {
    await parts.close()
    throw error
  }
}
