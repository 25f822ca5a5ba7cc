import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'

/** Fields of `/proc/PID/stat` behind the command's name: where the environment that the process was given lies. */
const ENVIRONMENT_BEGINS = 47
const ENVIRONMENT_ENDS = 48

/**
 * Takes a variable out of the environment, and its value out of the memory in which `/proc/PID/environ` shows it to
 * every process of the same user for as long as this one lives. Answers whether nothing shows it any more.
 */
export function eraseFromEnvironment(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env[name] === undefined) return true
  delete env[name]
  if (process.platform !== 'linux') return false
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    overwrite(`${name}=`, Number(fields[ENVIRONMENT_BEGINS]), Number(fields[ENVIRONMENT_ENDS]))
    return !readFileSync('/proc/self/environ', 'latin1')
      .split('\0')
      .some((entry) => isValueOf(name, entry))
  } catch {
    // Hardened kernels allow nobody to write there.
    return false
  }
}

function overwrite(prefix: string, begin: number, end: number): void {
  const memory = openSync('/proc/self/mem', 'r+')
  try {
    const shown = Buffer.alloc(end - begin)
    readSync(memory, shown, 0, shown.length, begin)
    let at = 0
    for (const entry of shown.toString('latin1').split('\0')) {
      const length = entry.length - prefix.length
      if (entry.startsWith(prefix) && length > 0)
        writeSync(memory, Buffer.alloc(length), 0, length, begin + at + prefix.length)
      at += entry.length + 1
    }
  } finally {
    closeSync(memory)
  }
}

function isValueOf(name: string, entry: string): boolean {
  return entry.startsWith(`${name}=`) && entry.length > name.length + 1
}
