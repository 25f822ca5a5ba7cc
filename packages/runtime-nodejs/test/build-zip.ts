import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipFile {
  readonly name: string | Buffer
  readonly data?: string | Uint8Array
  readonly stored?: boolean
  readonly mode?: number
  /** Overrides the truth, to build a damaged or hostile archive. */
  readonly claimedSize?: number
  readonly crc?: number
  readonly method?: number
  readonly flags?: number
  /** 3, the default, for Unix; 0 for DOS. */
  readonly system?: number
  readonly dosAttributes?: number
  /** Sizes and place stand in the extra field of that format. */
  readonly zip64?: boolean
}

export function buildZip(files: readonly ZipFile[]): Buffer {
  const local: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const file of files) {
    const name = typeof file.name === 'string' ? Buffer.from(file.name) : file.name
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
    tail.writeUInt32LE((((file.mode ?? 0o100644) << 16) | (file.dosAttributes ?? 0)) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    const record = Buffer.from(common)
    const extra = file.zip64 ? zip64Field(record, tail, [data.length, packed.length, offset]) : Buffer.alloc(0)
    directory.push(uint32(0x02014b50), Buffer.from([20, file.system ?? 3]), record, tail, name, extra)
    local.push(header)
    offset += header.length
  }
  const records = Buffer.concat(directory)
  if (files.some(({ zip64 }) => zip64))
    return Buffer.concat([...local, records, zip64End(files.length, records, offset)])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.length, 4)
  end.writeUInt16LE(files.length, 6)
  end.writeUInt32LE(records.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...local, records, uint32(0x06054b50), end])
}

function zip64Field(record: Buffer, tail: Buffer, values: readonly number[]): Buffer {
  record.writeUInt32LE(0xffffffff, 14)
  record.writeUInt32LE(0xffffffff, 18)
  tail.writeUInt32LE(0xffffffff, 10)
  record.writeUInt16LE(4 + 8 * values.length, 24)
  return Buffer.concat([Buffer.from([1, 0, 8 * values.length, 0]), ...values.map(uint64)])
}

function zip64End(count: number, records: Buffer, offset: number): Buffer {
  const versions = Buffer.from([45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  const sizes = [count, count, records.length, offset].map(uint64)
  const end = Buffer.concat([uint32(0x06064b50), uint64(44), versions, ...sizes])
  const locator = Buffer.concat([uint32(0x07064b50), uint32(0), uint64(offset + records.length), uint32(1)])
  return Buffer.concat([end, locator, uint32(0x06054b50), Buffer.alloc(4), Buffer.alloc(12, 0xff), Buffer.alloc(2)])
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
