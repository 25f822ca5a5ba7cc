import { readFileSync, statSync } from 'node:fs'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Reads a file that the operator named. What is no plain file, a pipe for one, may keep the reader waiting, and nothing
 * in this process would hear a signal meanwhile: so signals end it as they do any other. Nothing has begun by then.
 */
export function readNamedFile(path: string): string {
  if (statSync(path).isFile()) return readFileSync(path, 'utf8')
  const heard = SIGNALS.flatMap((name) => process.listeners(name).map((listener) => ({ name, listener })))
  for (const { name, listener } of heard) process.off(name, listener)
  try {
    return readFileSync(path, 'utf8')
  } finally {
    for (const { name, listener } of heard) process.on(name, listener)
  }
}
