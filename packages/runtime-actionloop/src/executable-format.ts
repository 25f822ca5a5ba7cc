import { closeSync, openSync, readSync } from 'node:fs'

export type ExecutableFormat = 'program' | 'foreign' | 'other'

const ELF = '7f454c46'
/** Mach-O for either byte order and word size, or for several processors. */
const MACH_O = /^(?:c[ef]faedfe|feedfac[ef]|cafebabe)$/
const MACHINE_AT = 18
const I386 = 3
const X86_64 = 62

/** `program`: this machine can run it, or it is a script. `foreign`: a program for another machine. */
export function executableFormat(file: string): ExecutableFormat {
  const start = firstBytes(file)
  const magic = start.toString('hex', 0, 4)
  if (start.toString('latin1', 0, 2) === '#!') return 'program'
  if (MACH_O.test(magic)) return process.platform === 'darwin' ? 'program' : 'foreign'
  if (magic !== ELF) return 'other'
  const own = firstBytes(process.execPath)
  if (own.toString('hex', 0, 4) !== ELF) return 'foreign'
  const [machine, ownMachine] = [start.readUInt16LE(MACHINE_AT), own.readUInt16LE(MACHINE_AT)]
  return machine === ownMachine || (machine === I386 && ownMachine === X86_64) ? 'program' : 'foreign'
}

function firstBytes(file: string): Buffer {
  const bytes = Buffer.alloc(MACHINE_AT + 2)
  const fd = openSync(file, 'r')
  try {
    readSync(fd, bytes, 0, bytes.length, 0)
  } finally {
    closeSync(fd)
  }
  return bytes
}
