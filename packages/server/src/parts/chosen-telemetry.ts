import { PlatformError, type Tracer } from '@stemcell/core'
import type { Telemetry } from '@stemcell/opentelemetry'
import type { Config } from '../config/config-schema.ts'
import { telemetryEnvironment } from '../environment.ts'

const PACKAGE = '@stemcell/opentelemetry'

/**
 * What a process sends to a collector, where the configuration or the standard variables ask for it. The package is
 * loaded only then, and need not be installed otherwise.
 * @throws ERR_CONFIG it is asked for and not installed, or an option is wrong.
 */
export async function chosenTelemetry({ telemetry }: Config, instance: string): Promise<Telemetry | undefined> {
  const environment = telemetryEnvironment()
  if (telemetry === false || (telemetry === undefined && !environment)) return undefined
  let module: typeof import('@stemcell/opentelemetry')
  try {
    module = await import('@stemcell/opentelemetry')
  } catch (cause) {
    throw new PlatformError('ERR_CONFIG', `telemetry: ${PACKAGE} cannot be loaded: install it beside the server`, {
      cause,
    })
  }
  return module.openTelemetry(telemetry ?? {}, { instance, ...(environment && { environment }) })
}

/** For `assemble()`. */
export function tracing(telemetry: Telemetry | undefined): { readonly tracer?: Tracer } {
  return telemetry?.tracer ? { tracer: telemetry.tracer } : {}
}
