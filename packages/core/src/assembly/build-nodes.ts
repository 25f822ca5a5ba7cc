import type { DependencyContainer } from 'tsyringe'
import { PlatformError } from '../errors.ts'
import { shardingBalancer } from '../load-balancer/sharding-balancer.ts'
import { assignInvokerId, noteInvokerId } from '../store/invoker-numbers.ts'
import { ControllerNode } from './controller-node.ts'
import { Engines } from './engines.ts'
import { InvokerNode } from './invoker-node.ts'
import { OpenParts } from './open-in-order.ts'
import type { Settings } from './options/check-options.ts'
import { LentInstances } from './options/lent-instances.ts'
import type { ControllerOptions, InvokerNodeOptions, PlatformOptions } from './platform-options.ts'
import { Platform } from './platform.ts'
import { use } from './provide.ts'
import { openings, registerParts } from './register-parts.ts'
import { CLOCK, ENTITY_STORE, LOGGER } from './tokens.ts'

/** See `assemble`; `options` were checked. */
export async function buildPlatform(options: PlatformOptions, settings: Settings): Promise<Platform> {
  const lent = new LentInstances('platform')
  try {
    const container = registerParts(options, settings)
    const parts = openParts(container, settings)
    const needed = openings(container, options, ['controller', 'invoker'], lent)
    const engines = new Engines(container, options, settings)
    const platform = new Platform(container, parts, engines, options.apiHost, () => lent.giveBack())
    await parts.open([...needed, ...platform.openings])
    return platform
  } catch (error) {
    lent.giveBack()
    throw error
  }
}

/** See `assembleController`; the options were checked. */
export async function buildControllerNode(given: ControllerOptions, settings: Settings): Promise<ControllerNode> {
  const options = { ...given, loadBalancer: given.loadBalancer ?? shardingBalancer() }
  const lent = new LentInstances('node')
  try {
    const container = registerParts(options, settings)
    const parts = openParts(container, settings)
    const needed = openings(container, options, ['controller'], lent)
    const engines = new Engines(container, options, settings)
    const node = new ControllerNode(container, parts, engines, true, options.apiHost, () => lent.giveBack())
    await parts.open([...needed, ...node.openings])
    return node
  } catch (error) {
    lent.giveBack()
    throw error
  }
}

/** See `assembleInvoker`; `options` were checked. */
export async function buildInvokerNode(options: InvokerNodeOptions, settings: Settings): Promise<InvokerNode> {
  const { id, uniqueName } = options.invokerInstance ?? {}
  const { apiHost } = options
  if (id === undefined && uniqueName === undefined) {
    throw new PlatformError('ERR_CONFIG', 'invokerInstance: give an id, or a uniqueName to have one assigned')
  }
  if (apiHost === undefined) {
    throw new PlatformError('ERR_CONFIG', 'apiHost: say where actions reach the API, e.g. http://127.0.0.1:3233')
  }
  const container = registerParts(options, settings)
  const parts = openParts(container, settings)
  const lent = new LentInstances('node')
  try {
    await parts.open(openings(container, options, ['invoker'], lent))
    const engines = new Engines(container, options, settings)
    const store = use(container, ENTITY_STORE)
    const number = id ?? (await assignInvokerId(store, uniqueName!))
    await noteInvokerId(store, number)
    const invoker = engines.invoker(engines.instance(number), () => apiHost)
    await parts.open([
      ...engines.background,
      { name: `invoker${number}`, open: () => invoker.open(), close: () => invoker.close() },
    ])
    return new InvokerNode(container, parts, invoker, () => lent.giveBack())
  } catch (error) {
    await parts.close()
    lent.giveBack()
    throw error
  }
}

function openParts(container: DependencyContainer, { openTimeoutMs }: Settings): OpenParts {
  return new OpenParts(use(container, LOGGER), use(container, CLOCK), openTimeoutMs)
}
