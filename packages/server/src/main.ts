import { StopSignals } from './stop-signals.ts'

// Signals are heard before the rest of the program is even read, which takes a moment.
const signals = new StopSignals()
// The platform's own timers keep no process alive: a command that waits for a store to answer would end unfinished.
setInterval(() => undefined, 60_000)
const { runCommandLine } = await import('./command-line.ts')
process.exit(await runCommandLine(process.argv.slice(2), signals))
