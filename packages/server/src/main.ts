#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import { isPlatformError } from '@stemcell/core'
import pino from 'pino'
import { readConfig } from './config/read-config.ts'
import { readEnvironment } from './environment.ts'
import { startStandalone, stopOnSignals } from './standalone/standalone.ts'

const DEFAULT_DRAIN_MS = 30_000

interface StandaloneFlags {
  readonly host?: string
  readonly port?: number
  readonly data?: string
  readonly authFile?: string
  readonly config?: string
  readonly demo?: boolean
}

const program = new Command('stemcell').description('A serverless platform that speaks OpenWhisk’s interfaces')

program
  .command('standalone', { isDefault: true })
  .description('everything in one process: durable embedded store, actions as child processes')
  .option('--host <address>', 'address to listen on (default 127.0.0.1)')
  .option('--port <number>', 'port to listen on (default 3233)', port)
  .option('--data <folder>', 'where everything is kept (default ./stemcell-data)')
  .option('--auth-file <file>', 'file with UUID:KEY for namespace guest; STEMCELL_AUTH=UUID:KEY does the same')
  .option('--config <file>', 'JSON configuration; options of the command line win')
  .option('--demo', 'also put the action hello, invoke it twice and show the results')
  .action(standalone)

async function standalone(flags: StandaloneFlags): Promise<void> {
  const { config: file, demo = false, ...overrides } = flags
  const config = { ...(file === undefined ? {} : readConfig(file)), ...overrides }
  const environment = readEnvironment()
  const logger = pino({ level: config.logLevel ?? environment.logLevel ?? 'info', base: null })
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  const platform = await startStandalone({ config, environment, logger, demo, print })
  stopOnSignals(platform, logger, config.drainMs ?? DEFAULT_DRAIN_MS)
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('a port is 0 to 65535')
  return value
}

try {
  await program.parseAsync()
} catch (error) {
  // The message of a platform's own error names what to change; anything else is a defect and shows where.
  const text = isPlatformError(error) ? `stemcell: ${error.message}` : error
  process.stderr.write(`${text instanceof Error ? (text.stack ?? text.message) : String(text)}\n`)
  process.exit(1)
}
