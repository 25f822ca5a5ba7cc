import { keepAlive } from '../time/keep-alive.ts'
import type { ControllerNode } from './controller-node.ts'
import type { InvokerNode } from './invoker-node.ts'
import { checkOptions } from './options/check-options.ts'
import type { ControllerOptions, InvokerNodeOptions, NodeOptions, PlatformOptions } from './platform-options.ts'
import type { Platform } from './platform.ts'

/**
 * Builds a platform of the given parts and opens it: stores, auth, queue, rate limiter, log store, containers, then
 * controller and invoker. Resolves when a first invocation would find the invoker. When a part does not open, those
 * that did are closed again.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE the message names the adapter, and the option and fix where there is one.
 */
export function assemble(options: PlatformOptions): Promise<Platform> {
  return keepAlive(assemblePlatform(options))
}

/**
 * Builds and opens a controller of a cluster: others may share its queue and stores, and its invokers are elsewhere;
 * it does not wait for them. Queue and stores must be ones that several processes can share. The load balancer is the
 * sharding one unless another is given.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE as `assemble`.
 */
export function assembleController(options: ControllerOptions): Promise<ControllerNode> {
  return keepAlive(assembleControllerNode(options))
}

/**
 * Builds and opens an invoker of a cluster. Its number is given, or belongs to its unique name, which gets the next
 * free one when it is new.
 * @throws ERR_CONFIG, ERR_UNAVAILABLE as `assemble`.
 */
export function assembleInvoker(options: InvokerNodeOptions): Promise<InvokerNode> {
  return keepAlive(assembleInvokerNode(options))
}

// Controller and invoker are most of core's code: who imports core for its contracts alone does not wait for them.
const nodes = () => import('./build-nodes.ts')

async function assemblePlatform(options: PlatformOptions): Promise<Platform> {
  const settings = checkOptions(options, 'assemble', true)
  return (await nodes()).buildPlatform(options, settings)
}

async function assembleControllerNode(options: ControllerOptions): Promise<ControllerNode> {
  const settings = checkOptions(options, 'assembleController', false)
  return (await nodes()).buildControllerNode(options, settings)
}

async function assembleInvokerNode(options: InvokerNodeOptions): Promise<InvokerNode> {
  const settings = checkOptions(options as NodeOptions, 'assembleInvoker', true)
  return (await nodes()).buildInvokerNode(options, settings)
}
