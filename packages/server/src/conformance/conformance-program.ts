import { CORE_VERSION, PlatformError } from '@stemcell/core'
import type { AdapterSetup } from '@stemcell/conformance'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CommandFailure } from '../admin/command-failure.ts'
import { importAdapterModule } from '../config/load-adapter.ts'
import { importKits } from './import-kits.ts'
import { asJson, asMarkdown, asPage, type PartReport } from './conformance-report.ts'

interface Flags {
  readonly setup?: string
  readonly part?: readonly string[]
  readonly only?: string
  readonly patience?: number
  readonly json?: true
  readonly markdown?: true
}

export interface ConformanceProgramOptions {
  readonly print: (line: string) => void
  /** Called before the work begins, which a signal should end at once. */
  readonly begin: () => void
}

const FAILED = 1

/** `stemcell conformance …`: the kits that fit on an adapter, without a test runner. */
export function conformanceProgram({ print, begin }: ConformanceProgramOptions): Command {
  return new Command('conformance')
    .description('runs the conformance kits that fit on an adapter, and says which promises it keeps')
    .argument('<adapter>', 'a file such as ./adapter.js, or a package that exports ./adapter')
    .option(
      '--setup <file>',
      'options and hooks by part: JSON, or a module (default: export `conformance` of the adapter)',
    )
    .option('--part <name...>', 'only these parts, e.g. queue')
    .option('--only <text>', 'only cases whose id holds this')
    .option(
      '--patience <ms>',
      'how long to wait for anything (default 5000); slow cases get more in proportion',
      positive,
    )
    .addOption(new Option('--json', 'print the report as JSON').conflicts('markdown'))
    .option('--markdown', 'print a section for a README')
    .action(async (adapter: string, flags: Flags) => {
      begin()
      const reports = await run(adapter, flags)
      const render = flags.json ? asJson : flags.markdown ? asMarkdown : asPage
      print(render({ adapter, version: CORE_VERSION, parts: reports }))
      const broken = reports.reduce((sum, { failed }) => sum + failed.length, 0)
      if (
        reports.every(
          ({ passed, failed, known, skipped }) => passed.length + failed.length + known.length + skipped.length === 0,
        )
      ) {
        const why = flags.only === undefined ? 'the report says why' : `has a case ${flags.only} in its id?`
        const provided = reports.map(({ part }) => part).join(', ') || 'nothing'
        throw new CommandFailure(
          `conformance: nothing was tested of what ${adapter} provides (${provided}): ${why}`,
          FAILED,
        )
      }
      if (broken > 0) throw new CommandFailure(`conformance: ${broken} promises are broken`, FAILED)
    })
}

async function run(adapter: string, { setup: file, part: wanted, only = '', patience }: Flags): Promise<PartReport[]> {
  const { adapterSuites, runCases } = await importKits('conformance')
  const module = await importAdapterModule('conformance', adapter)
  const setup = file === undefined ? ((module['conformance'] ?? {}) as AdapterSetup) : await readSetup(file)
  const patient = Object.fromEntries(
    Object.keys(module.default.provides).map((name) => [
      name,
      { ...setup[name], ...(patience === undefined ? {} : { patienceMs: patience }) },
    ]),
  )
  const suites = adapterSuites(module.default, { ...setup, ...patient })
  const unknown = wanted?.find((name) => !suites.some(({ part }) => part === name))
  if (unknown !== undefined) {
    const offered = suites.map(({ part }) => part).join(', ')
    throw new PlatformError('ERR_CONFIG', `conformance: ${adapter} does not provide ${unknown}; it provides ${offered}`)
  }
  const reports: PartReport[] = []
  for (const one of suites) {
    if (wanted && !wanted.includes(one.part)) continue
    if ('skipped' in one) {
      reports.push({ part: one.part, passed: [], failed: [], known: [], skipped: [], untested: one.skipped })
      continue
    }
    const report = await runCases(one.suite, { only: (name) => name.includes(only) })
    reports.push({ part: one.part, ...report })
  }
  return reports
}

async function readSetup(file: string): Promise<AdapterSetup> {
  try {
    if (/\.[cm]?[jt]s$/.test(file)) {
      const module = (await import(pathToFileURL(resolve(file)).href)) as { readonly default?: unknown }
      return settled(file, module.default)
    }
    return settled(file, JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new PlatformError('ERR_CONFIG', `conformance: the set-up ${file} cannot be read: ${message}`, { cause })
  }
}

function settled(file: string, setup: unknown): AdapterSetup {
  if (typeof setup === 'object' && setup !== null && !Array.isArray(setup)) return setup as AdapterSetup
  throw new PlatformError('ERR_CONFIG', `conformance: the set-up ${file} is no object with a member for each part`)
}

function positive(value: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a number of ms, 1 or more')
  return number
}
