import { PlatformError } from '@stemcell/core'
import type { Config } from './config/config-schema.ts'
import { isLoopback } from './is-loopback.ts'

/**
 * Keys must not travel in clear text by mistake: who serves other machines says that it is over TLS, or that it is not.
 * @throws ERR_CONFIG
 */
export function requireEncryption({ host, gateway, tls, insecure }: Config): void {
  if (tls || insecure) return
  const gatewayHost = gateway ? gateway.host : undefined
  for (const [option, address] of [['host', host] as const, ['gateway.host', gatewayHost ?? host] as const]) {
    if (isLoopback(address)) continue
    const fix = 'name tls.cert and tls.key, or say --insecure where a proxy or a closed network takes care of it'
    throw new PlatformError('ERR_CONFIG', `${option}: other machines reach ${address}, without encryption: ${fix}`)
  }
}
