import { closeSync, openSync, readSync } from 'node:fs'

/** What a program or shared library says about the others it is loaded with. */
export interface ElfFile {
  /** The loader, e.g. `/lib64/ld-linux-x86-64.so.2`; libraries name none. */
  readonly interpreter?: string
  /** Names of libraries, e.g. `libc.so.6`. */
  readonly needed: readonly string[]
  /** Folders to look in first; may contain `$ORIGIN`. */
  readonly runPath: readonly string[]
  /** `EI_CLASS` and `e_machine`: only libraries with the same can be loaded. */
  readonly machine: string
}

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_STRSZ = 10
const DT_RPATH = 15
const DT_RUNPATH = 29

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly bytes: number
}

/**
 * Reads the headers of a 64-bit little-endian ELF file; undefined for any other file. The layout is that of
 * elf(5): file header, program headers, and the dynamic section with its string table.
 */
export function readElf(path: string): ElfFile | undefined {
  const file = openSync(path, 'r')
  try {
    const read = (offset: number, bytes: number): Buffer => {
      const buffer = Buffer.alloc(bytes)
      return buffer.subarray(0, readSync(file, buffer, 0, bytes, offset))
    }
    const header = read(0, 64)
    const is64BitLittleEndian =
      header.length === 64 && header.readUInt32BE(0) === 0x7f454c46 && header.readUInt16LE(4) === 0x0102
    if (!is64BitLittleEndian) return undefined
    const segments = segmentsOf(header, read)
    const interpreter = segments.find(({ type }) => type === PT_INTERP)
    return {
      ...(interpreter && { interpreter: textAt(read(interpreter.offset, interpreter.bytes), 0) }),
      ...dynamicOf(segments, read),
      machine: `2-${header.readUInt16LE(18)}`,
    }
  } finally {
    closeSync(file)
  }
}

type Read = (offset: number, bytes: number) => Buffer

function segmentsOf(header: Buffer, read: Read): Segment[] {
  const size = header.readUInt16LE(54)
  const table = read(Number(header.readBigUInt64LE(32)), size * header.readUInt16LE(56))
  return Array.from({ length: Math.floor(table.length / size) }, (_, index) => ({
    type: table.readUInt32LE(index * size),
    offset: Number(table.readBigUInt64LE(index * size + 8)),
    address: Number(table.readBigUInt64LE(index * size + 16)),
    bytes: Number(table.readBigUInt64LE(index * size + 32)),
  }))
}

function dynamicOf(segments: readonly Segment[], read: Read): Pick<ElfFile, 'needed' | 'runPath'> {
  const section = segments.find(({ type }) => type === PT_DYNAMIC)
  if (!section) return { needed: [], runPath: [] }
  const table = read(section.offset, section.bytes)
  const values = (wanted: number): number[] => {
    const found: number[] = []
    for (let at = 0; at + 16 <= table.length; at += 16) {
      if (Number(table.readBigInt64LE(at)) === wanted) found.push(Number(table.readBigUInt64LE(at + 8)))
    }
    return found
  }
  const address = values(DT_STRTAB)[0] ?? 0
  const home = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.bytes,
  )
  if (!home) return { needed: [], runPath: [] }
  const names = read(home.offset + address - home.address, values(DT_STRSZ)[0] ?? 0)
  return {
    needed: values(DT_NEEDED).map((at) => textAt(names, at)),
    runPath: [...values(DT_RUNPATH), ...values(DT_RPATH)].flatMap((at) => textAt(names, at).split(':')),
  }
}

function textAt(bytes: Buffer, from: number): string {
  const end = bytes.indexOf(0, from)
  return bytes.toString('utf8', from, end < 0 ? bytes.length : end)
}
