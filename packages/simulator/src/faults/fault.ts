import type { ServiceName } from '../world/network.ts'
import { chanceOf } from '../world/chance.ts'

/** Something that goes wrong at a moment, and is mended a while later. Plain data: a schedule of faults can be shrunk. */
export interface Fault {
  /** Virtual ms from the start of the load. */
  readonly atMs: number
  readonly kind: FaultKind
  /** The member or the service that it is about. */
  readonly target: string
  /** For how long, ms; `Infinity`: for good. */
  readonly forMs: number
  /** Of `cut`: what is not reached. */
  readonly service?: ServiceName
  /** Of `jump`: how far forward, or back, ms. */
  readonly byMs?: number
}

export type FaultKind =
  /** The process is gone; another one is started after `forMs`. */
  | 'crash'
  /** The process stands still. */
  | 'freeze'
  /** The process is stopped in peace, with `forMs` for what runs, and started again. */
  | 'restart'
  /** The member does not reach the service. */
  | 'cut'
  /** Nobody reaches the service. */
  | 'down'
  /** The service takes long for everything. */
  | 'slow'
  /** The wall clock of the member's machine is set by `byMs`, and set right after `forMs`. */
  | 'jump'
  /** All members of a kind are stopped in peace and started again, one after the other, each with `forMs` for what runs. */
  | 'rolling'

/** What a schedule is made for. */
export interface FaultPlan {
  readonly seed: number
  readonly controllers: number
  readonly invokers: number
  /** The load takes so long, ms. */
  readonly loadMs: number
  readonly faults: number
}

const KINDS: readonly FaultKind[] = [
  'crash',
  'crash',
  'crash',
  'crash',
  'freeze',
  'restart',
  'cut',
  'cut',
  'cut',
  'down',
  'slow',
  'jump',
  'jump',
  'rolling',
]
/** How far a wall clock jumps at most, ms. */
const MAX_JUMP_MS = 600_000
/** What every member uses. */
const CUT: readonly ServiceName[] = ['queue', 'queue', 'records', 'records', 'entities']
const DOWN: readonly ServiceName[] = ['queue', 'records', 'entities', 'limits']

/** The schedule of a seed. */
export function faultsOf({ seed, controllers, invokers, loadMs, faults }: FaultPlan): readonly Fault[] {
  const chance = chanceOf(seed, 'faults')
  const member = (): string => {
    const at = chance.below(controllers + invokers)
    return at < controllers ? `controller${at}` : `invoker${at - controllers}`
  }
  const schedule: Fault[] = []
  const retired = new Set<string>()
  for (let made = 0; made < faults; made++) {
    const kind = chance.pick(KINDS)
    const atMs = chance.below(loadMs)
    // Long enough for others to take over, or not.
    const isLong = chance.perMille(350)
    const forMs = isLong ? chance.between(10_000, 70_000) : chance.between(200, 9_000)
    if (kind === 'cut') {
      const target = member()
      const service = chance.pick(target.startsWith('controller') ? [...CUT, 'limits' as const] : CUT)
      schedule.push({ atMs, kind, target, forMs, service })
    } else if (kind === 'down' || kind === 'slow') schedule.push({ atMs, kind, target: chance.pick(DOWN), forMs })
    else if (kind === 'rolling') {
      schedule.push({ atMs, kind, target: chance.pick(['controllers', 'invokers']), forMs: Math.min(forMs, 9_000) })
    } else if (kind === 'jump') {
      const byMs = chance.between(1_000, chance.pick([5_000, MAX_JUMP_MS])) * (chance.perMille(500) ? 1 : -1)
      schedule.push({ atMs, kind, target: member(), forMs: chance.perMille(300) ? Infinity : forMs, byMs })
    } else {
      const target = member()
      // At least one of each kind is left.
      const peers = target.startsWith('invoker') ? invokers : controllers
      const gone = [...retired].filter((name) => name.slice(0, 4) === target.slice(0, 4)).length
      const isForGood = kind === 'crash' && gone < peers - 1 && !retired.has(target) && chance.perMille(350)
      if (isForGood) retired.add(target)
      schedule.push({ atMs, kind, target, forMs: isForGood ? Infinity : forMs })
    }
  }
  return schedule.sort((a, b) => a.atMs - b.atMs)
}

/** As the report writes it. */
export function faultText({ atMs, kind, target, forMs, service, byMs }: Fault): string {
  const by = byMs === undefined ? '' : ` by ${byMs} ms`
  const what = service === undefined ? `${target}${by}` : `${target} from ${service}`
  return `${(atMs / 1000).toFixed(1)} s: ${kind} ${what} ${forMs === Infinity ? 'for good' : `for ${forMs} ms`}`
}
