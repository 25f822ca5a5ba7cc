#!/usr/bin/env node
// `npm run simulate -- --cluster`: seeds of whole clusters, one after the other.
import { parseArgs } from 'node:util'
import { isPlatformError, PlatformError, type Logger } from '@stemcell/core'
import { faultText } from './faults/fault.ts'
import { HISTORY } from './faults/history.ts'
import { replayCommand, shrink } from './shrink.ts'
import { simulate, type SimulationOptions, type SimulationReport } from './simulate.ts'

const USAGE = `npm run simulate -- --cluster [OPTIONS]

  --seeds N          so many seeds (default 1 with --seed, else 20)
  --seed S           the first one (default: a random one, which is printed)
  --only 0,3|none    of the schedule of faults only these
  --calm             nothing fails by itself: faults of the schedule alone
  --controllers N, --invokers N, --load SECONDS, --rate PER_SECOND, --faults N
                     instead of what the seed has
  --activations N    one after the other until so many were accepted, instead of --seeds
  --flaw NAME        with a fault that OpenWhisk had: ${HISTORY.map(({ name }) => name).join(', ')}
  --first            end at the first seed that breaks a promise, without shrinking it
  --log              the log of all members, for one seed
  --json             a line of JSON for each seed

Ctrl-C ends it after the seed that is running, and tells what came of those before.`

const count = { type: 'string' } as const
const OPTIONS = {
  seeds: count,
  seed: count,
  only: { type: 'string' },
  calm: { type: 'boolean' },
  controllers: count,
  invokers: count,
  load: count,
  rate: count,
  faults: count,
  activations: count,
  flaw: { type: 'string' },
  first: { type: 'boolean' },
  log: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function refuse(text: string): never {
  throw new PlatformError('ERR_CONFIG', `${text}\n\n${USAGE}`)
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

type Values = ReturnType<typeof read>

function whole(
  values: Values,
  name: 'seeds' | 'seed' | 'controllers' | 'invokers' | 'load' | 'rate' | 'faults' | 'activations',
) {
  const text = values[name]
  if (text === undefined) return undefined
  const least = name === 'faults' || name === 'seed' ? 0 : 1
  if (!/^\d{1,10}$/.test(text) || Number(text) < least)
    refuse(`--${name} is '${text}': give a whole number, ${least} or more`)
  return Number(text)
}

function positions(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined
  if (text === 'none') return []
  if (!/^\d+(,\d+)*$/.test(text)) refuse(`--only is '${text}': give positions such as 0,3, or none`)
  return text.split(',').map(Number)
}

function optionsOf(values: Values): Omit<SimulationOptions, 'seed'> {
  const set = <K extends string>(name: K, value: number | undefined): { readonly [key in K]?: number } =>
    value === undefined ? {} : ({ [name]: value } as { readonly [key in K]: number })
  const only = positions(values.only)
  const historic = HISTORY.find(({ name }) => name === values.flaw)
  if (values.flaw !== undefined && !historic) refuse(`--flaw is '${values.flaw}': there is no such one`)
  const load = whole(values, 'load')
  return {
    ...set('controllers', whole(values, 'controllers')),
    ...set('invokers', whole(values, 'invokers')),
    ...set('loadMs', load === undefined ? undefined : load * 1000),
    ...set('perSecond', whole(values, 'rate')),
    ...set('faults', whole(values, 'faults')),
    ...(only && { only }),
    ...(values.calm && { weather: false }),
    ...(historic && { flaws: historic.flaws }),
    ...(values.log && { logger: printing({}) }),
  }
}

function printing(bound: object): Logger {
  const print = (level: string) => (fields: object, message: string) =>
    print(`${level} ${message} ${JSON.stringify({ ...bound, ...fields }, plain)}`)
  return {
    debug: () => undefined,
    info: print('info '),
    warn: print('warn '),
    error: print('error'),
    child: (fields) => printing({ ...bound, ...fields }),
  }
}

function plain(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value
}

function tell(report: SimulationReport): void {
  for (const { rule, atMs, text, history } of report.violations) {
    print(`  ${rule} at ${(atMs / 1000).toFixed(3)} s: ${text}`)
    for (const line of history) print(`      ${line}`)
  }
}

async function main(): Promise<number> {
  const values = read(process.argv.slice(2))
  if (values.help) {
    print(USAGE)
    return 0
  }
  const options = optionsOf(values)
  const first = whole(values, 'seed') ?? Math.floor(Math.random() * 2 ** 31)
  const wanted = whole(values, 'activations')
  const seeds = wanted === undefined ? (whole(values, 'seeds') ?? (values.seed === undefined ? 20 : 1)) : Infinity
  let isStopped = false
  process.once('SIGINT', () => (isStopped = true))
  const flaw = values.flaw === undefined ? '' : ` --flaw ${values.flaw}`
  const beganMs = performance.now()
  const sum = { seeds: 0, events: 0, virtualMs: 0, accepted: 0, started: 0, faults: 0, failed: 0 }
  if (!values.json)
    print(wanted === undefined ? `${seeds} seeds from ${first}` : `${wanted} activations, seeds from ${first}`)
  for (let seed = first; !isStopped && seed < first + seeds && sum.accepted < (wanted ?? Infinity); seed++) {
    const report = await simulate({ ...options, seed })
    sum.seeds++
    sum.events += report.events
    sum.virtualMs += report.virtualMs
    sum.accepted += report.accepted
    sum.started += report.started
    sum.faults += report.schedule.length
    if (report.violations.length > 0) sum.failed++
    if (values.json)
      print(JSON.stringify({ ...report, violations: report.violations.map(({ rule, text }) => ({ rule, text })) }))
    else if (seeds === 1) {
      const { schedule, violations: _violations, ...rest } = report
      print(
        Object.entries(rest)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
      )
      for (const [at, fault] of schedule.entries()) print(`  ${options.only?.[at] ?? at}: ${faultText(fault)}`)
    }
    if (report.violations.length === 0) continue
    if (!values.json) {
      print(`seed ${seed} broke a promise:`)
      tell(report)
    }
    if (values.first) break
    if (seeds > 1 && !values.json) {
      const { only, calm, runs, report: least } = await shrink({ ...options, seed }, report)
      print(`  with as few faults as break it (${runs} runs):`)
      for (const fault of least.schedule) print(`    ${faultText(fault)}`)
      print(`  again: ${replayCommand({ ...options, seed }, only, calm)}${flaw}`)
    } else if (!values.json)
      print(`  again: ${replayCommand({ ...options, seed }, options.only, values.calm === true)}${flaw}`)
  }
  const seconds = (performance.now() - beganMs) / 1000
  const { user, system } = process.cpuUsage()
  const cpuSeconds = (user + system) / 1e6
  if (!values.json) {
    const { virtualMs, failed, ...rest } = sum
    const each = (count: number): string => (count / seconds).toFixed(0)
    const rates = `${(sum.seeds / seconds).toFixed(1)} seeds/s, ${each(sum.events)} events/s, ${each(sum.accepted)} activations/s`
    const hours = virtualMs / 3_600_000
    print(
      `${Object.entries(rest)
        .map(([name, value]) => `${value} ${name}`)
        .join(', ')} in ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of a processor)`,
    )
    print(`${rates}, ${hours.toFixed(2)} simulated hours, ${(hours / seconds).toFixed(3)} simulated hours/s`)
    print(failed === 0 ? 'every promise was kept' : `${failed} seeds broke a promise`)
  }
  return sum.failed === 0 ? 0 : 1
}

let code = 1
try {
  code = await main()
} catch (error) {
  if (!isPlatformError(error, 'ERR_CONFIG')) throw error
  process.stderr.write(`${error.message}\n`)
}
// What members that crashed wait for never comes, and would keep the process; what was printed is written first.
process.stdout.write('', () => process.exit(code))
