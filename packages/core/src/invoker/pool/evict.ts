import { ContainerProxy } from '../proxy/container-proxy.ts'
import type { IdleContainers } from './idle-containers.ts'
import type { PoolPolicy } from '../parts/pool-policy.ts'
import type { ResourceLedger } from './resource-ledger.ts'
import { isPositive } from '../parts/resources.ts'
import type { StemCells } from './stem-cells.ts'

/** Removes idle containers, then stem cells, until the promises of the ledger can be kept or nothing helps any more. */
export function evict(ledger: ResourceLedger, policy: PoolPolicy, idle: IdleContainers, stems: StemCells): void {
  while (ledger.inDebt) {
    const offered = { [Symbol.iterator]: () => helpful(ledger, idle) }
    const idleVictim = policy.victim(offered)
    const victim = idleVictim ?? helpful(ledger, stems.free()).next().value
    if (!(victim instanceof ContainerProxy)) return
    if (idleVictim) policy.evicted?.(idleVictim)
    victim.remove()
  }
}

/** Those whose removal lessens the debt. */
function* helpful(
  { debt }: ResourceLedger,
  proxies: Iterable<ContainerProxy>,
): Generator<ContainerProxy, void, undefined> {
  for (const proxy of proxies) {
    const memoryMb = Math.min(debt.memoryMb, proxy.need.memoryMb)
    const milliCpu = Math.min(debt.milliCpu, proxy.need.milliCpu)
    if (isPositive({ memoryMb, milliCpu })) yield proxy
  }
}
