import type { ActionLimits } from '../model/action-limits.ts'
import type { NamespaceLimits } from '../model/namespace-limits.ts'
import type { PlatformLimits } from '../model/platform-limits.ts'

/**
 * What is wrong when an action was written under higher limits than hold for the caller now; undefined when nothing
 * is. A namespace's own maximum counts up to the platform's.
 */
export function exceededLimit(
  { timeout, memory, logs, concurrency, cpu = 0 }: ActionLimits,
  namespace: NamespaceLimits,
  platform: PlatformLimits,
): string | undefined {
  const memoryMax = Math.min(platform.memoryMb.max, namespace.maxActionMemory ?? Infinity)
  if (memory > memoryMax) return refusal(`memory size ${memory} MB`, `${memoryMax} MB`)
  const logsMax = Math.min(platform.logsMb.max, namespace.maxActionLogs ?? Infinity)
  if (logs > logsMax) return refusal(`log size ${logs} MB`, `${logsMax} MB`)
  const timeoutMax = Math.min(platform.timeoutMs.max, namespace.maxActionTimeout ?? Infinity)
  if (timeout > timeoutMax) return refusal(`duration ${timeout} milliseconds`, `${timeoutMax} milliseconds`)
  const concurrencyMax = Math.min(platform.concurrency.max, namespace.maxActionConcurrency ?? Infinity)
  if (concurrency > concurrencyMax) return refusal(`concurrency ${concurrency}`, `${concurrencyMax}`)
  if (cpu > platform.cpu.max) return refusal(`cpu ${cpu}`, `${platform.cpu.max}`)
  return undefined
}

function refusal(what: string, threshold: string): string {
  return `requirement failed: ${what} exceeds allowed threshold of ${threshold}`
}
