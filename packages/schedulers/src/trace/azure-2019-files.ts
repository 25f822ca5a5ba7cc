import { PlatformError, SeededRandom, type Random } from '@stemcell/core'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { shuffled, uniform } from './chance.ts'
import { csvRows } from './csv-rows.ts'
import { inPortions, type Invocation, type Trace, type TraceFunction } from './trace.ts'

/** What of the data set is read. */
export interface AzureFilesOptions {
  /** 1 to 14. Default 1. */
  readonly day?: number
  /** So many functions, drawn from all of the day. Default all. */
  readonly functions?: number
  /** Of the functions drawn, and of moments and run times. Default 1. */
  readonly seed?: number
}

const MINUTES = 1_440
const MINUTE_MS = 60_000
/** There is no memory file of later days. */
const LAST_MEMORY_DAY = 12

const FUNCTION = ['HashOwner', 'HashApp', 'HashFunction'] as const
/** Percentiles of the run times that the data set has. */
const PERCENTILES = [0, 1, 25, 50, 75, 99, 100] as const

/** For functions and applications that the other files lack: the medians of the study's fits. */
const USUAL_RUN_MS = 684
const USUAL_APPLICATION_MB = 140
const LEAST_MB = 64

interface Source {
  readonly fn: TraceFunction
  /** Minute and count, in turns, where the count is not 0. */
  readonly counts: readonly number[]
  readonly runs: readonly number[]
}

/**
 * A day of the data set that Microsoft published with Shahrad et al. (AzureFunctionsDataset2019), from its own files:
 * `invocations_per_function_md.anon.dNN.csv`, `function_durations_percentiles.anon.dNN.csv` and
 * `app_memory_percentiles.anon.dNN.csv` of the folder. It has counts per minute: calls are at random moments of their
 * minute. Run times are drawn from the percentiles of each function. The memory of an application is divided by its
 * functions, as each runs in containers of its own here. A namespace is an owner.
 * @throws ERR_CONFIG a file is missing or not what it should be.
 */
export async function readAzure2019(folder: string, options: AzureFilesOptions = {}): Promise<Trace> {
  const { day = 1, functions, seed = 1 } = options
  if (!Number.isSafeInteger(day) || day < 1 || day > 14) {
    throw new PlatformError('ERR_CONFIG', `the data set has days 1 to 14, not ${day}`)
  }
  const named = join(folder, `function_durations_percentiles.anon.d${String(day).padStart(2, '0')}.csv`)
  if (!existsSync(named)) {
    const message = `${folder} is no folder of the Azure Functions data set of 2019, or lacks day ${day}: there is no ${named}`
    throw new PlatformError('ERR_CONFIG', message)
  }
  const file = (stem: string, of: number): string => join(folder, `${stem}.anon.d${String(of).padStart(2, '0')}.csv`)
  const runs = await readRuns(file('function_durations_percentiles', day))
  const memory = await readMemory(file('app_memory_percentiles', Math.min(day, LAST_MEMORY_DAY)))
  const all = await readCounts(file('invocations_per_function_md', day), runs, memory)
  const sources = functions === undefined ? all : shuffled([...all], new SeededRandom(seed)).slice(0, functions)
  return {
    name: `azure-2019 of ${folder}, day ${day}, ${sources.length} functions`,
    fittingMemoryMb: sources.reduce((sum, { fn }) => sum + fn.memoryMb, 0),
    portions: () => inPortions(calls(sources, new SeededRandom(seed + 1))),
  }
}

async function readRuns(file: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, readonly number[]>()
  const required = [...FUNCTION, ...PERCENTILES.map((share) => `percentile_Average_${share}`)]
  for await (const { row, values } of csvRows(file, { required, optional: [], others: true })) {
    found.set(
      values.slice(0, 3).join(' '),
      values.slice(3).map((text) => numberOf(file, row, text)),
    )
  }
  return found
}

async function readMemory(file: string): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const required = ['HashOwner', 'HashApp', 'AverageAllocatedMb']
  for await (const { row, values } of csvRows(file, { required, optional: [], others: true })) {
    found.set(`${values[0]} ${values[1]}`, numberOf(file, row, values[2]!))
  }
  return found
}

async function readCounts(
  file: string,
  runs: ReadonlyMap<string, readonly number[]>,
  memory: ReadonlyMap<string, number>,
): Promise<readonly Source[]> {
  const minutes = Array.from({ length: MINUTES }, (_, minute) => String(minute + 1))
  const found: { readonly owner: string; readonly app: string; readonly id: string; readonly counts: number[] }[] = []
  const functionsOf = new Map<string, number>()
  for await (const { row, values } of csvRows(file, {
    required: [...FUNCTION, ...minutes],
    optional: [],
    others: true,
  })) {
    const [owner, app] = values as [string, string]
    const counts: number[] = []
    for (let minute = 0; minute < MINUTES; minute++) {
      const text = values[minute + 3]!
      if (text === '0') continue
      const count = numberOf(file, row, text)
      if (!Number.isSafeInteger(count))
        throw new PlatformError('ERR_CONFIG', `${file}, row ${row}: '${text}' is no count`)
      if (count > 0) counts.push(minute, count)
    }
    const application = `${owner} ${app}`
    functionsOf.set(application, (functionsOf.get(application) ?? 0) + 1)
    found.push({ owner, app, id: values.slice(0, 3).join(' '), counts })
  }
  return found.map(({ owner, app, id, counts }) => {
    const application = `${owner} ${app}`
    const shareMb = (memory.get(application) ?? USUAL_APPLICATION_MB) / functionsOf.get(application)!
    const memoryMb = Math.max(LEAST_MB, Math.round(shareMb))
    const fn = { name: id.replaceAll(' ', '/'), namespace: owner, memoryMb, initMs: undefined }
    return { fn, counts, runs: runs.get(id) ?? [] }
  })
}

function numberOf(file: string, row: number, text: string): number {
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new PlatformError('ERR_CONFIG', `${file}, row ${row}: '${text}' is not a number, 0 or more`)
}

function* calls(sources: readonly Source[], random: Random): Generator<Invocation> {
  const ofMinute: number[][] = Array.from({ length: MINUTES }, () => [])
  for (const [index, { counts }] of sources.entries()) {
    for (let at = 0; at < counts.length; at += 2) ofMinute[counts[at]!]!.push(index, counts[at + 1]!)
  }
  for (const [minute, pairs] of ofMinute.entries()) {
    const invocations: Invocation[] = []
    for (let at = 0; at < pairs.length; at += 2) {
      const { fn, runs } = sources[pairs[at]!]!
      for (let each = 0; each < pairs[at + 1]!; each++) {
        invocations.push({ atMs: (minute + uniform(random)) * MINUTE_MS, fn, runMs: runOf(runs, random) })
      }
    }
    yield* invocations.sort((a, b) => a.atMs - b.atMs)
  }
}

/** Between the percentiles, evenly. */
function runOf(runs: readonly number[], random: Random): number {
  const share = uniform(random) * 100
  if (runs.length === 0) return USUAL_RUN_MS
  let at = 1
  while (at < PERCENTILES.length - 1 && share > PERCENTILES[at]!) at++
  const [below, above] = [PERCENTILES[at - 1]!, PERCENTILES[at]!]
  const [least, most] = [runs[at - 1]!, runs[at]!]
  return Math.max(0, least + ((most - least) * (share - below)) / (above - below))
}
