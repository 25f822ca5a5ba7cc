import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipFile {
  readonly name: string
  readonly data?: string | Uint8Array
  readonly stored?: boolean
  readonly mode?: number
  /** Overrides the truth, to build a damaged or hostile archive. */
  readonly claimedSize?: number
  readonly crc?: number
  readonly method?: number
  readonly flags?: number
}

export function buildZip(files: readonly ZipFile[]): Buffer {
  const local: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const file of files) {
    const name = Buffer.from(file.name)
    const data = Buffer.from(file.data ?? '')
    const packed = file.stored ? data : deflateRawSync(data)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(file.flags ?? 0x800, 2)
    common.writeUInt16LE(file.method ?? (file.stored ? 0 : 8), 4)
    common.writeUInt32LE(file.crc ?? crc32(data), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(file.claimedSize ?? data.length, 18)
    common.writeUInt16LE(name.length, 22)
    const header = Buffer.concat([uint32(0x04034b50), common, name, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(((file.mode ?? 0o100644) << 16) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    directory.push(uint32(0x02014b50), Buffer.from([20, 3]), common, tail, name)
    local.push(header)
    offset += header.length
  }
  const records = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.length, 4)
  end.writeUInt16LE(files.length, 6)
  end.writeUInt32LE(records.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...local, records, uint32(0x06054b50), end])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
