import { readdirSync, writeFileSync } from 'node:fs'
import { PlatformError } from '@stemcell/core'

/**
 * Lets nothing pass between the containers on a bridge: each of its ports then talks to this machine only, and through
 * it to the rest of the world. To be called when a container has been put on it, before it gets any code.
 * Source: https://docs.kernel.org/networking/bridge.html and bridge(8), "isolated".
 * @throws ERR_START_FAILED this process may not, or the bridge is not to be seen from here.
 */
export function keepApart(bridge: string): void {
  const ports = `/sys/class/net/${bridge}/brif`
  try {
    for (const port of readdirSync(ports)) isolate(`${ports}/${port}/isolated`)
  } catch (cause) {
    const fix = 'run the platform as root on the machine of the engine, or set network to none'
    throw new PlatformError('ERR_START_FAILED', `containers cannot be kept apart on ${bridge}: ${fix}`, { cause })
  }
}

function isolate(file: string): void {
  try {
    writeFileSync(file, '1')
  } catch (error) {
    // Another container went away between the two calls, and its port with it.
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV')))
      throw error
  }
}
