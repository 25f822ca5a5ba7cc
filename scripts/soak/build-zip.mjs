import { crc32 } from 'node:zlib'

/** A zip archive of `{ name: text }`, nothing compressed. */
export function buildZip(files) {
  const local = []
  const directory = []
  let offset = 0
  for (const [fileName, text] of Object.entries(files)) {
    const name = Buffer.from(fileName)
    const data = Buffer.from(text)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x800, 2)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(data.length, 14)
    common.writeUInt32LE(data.length, 18)
    common.writeUInt16LE(name.length, 22)
    const entry = Buffer.concat([uint32(0x04034b50), common, name, data])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE((0o100644 << 16) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    directory.push(uint32(0x02014b50), Buffer.from([20, 3]), common, tail, name)
    local.push(entry)
    offset += entry.length
  }
  const records = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(local.length, 4)
  end.writeUInt16LE(local.length, 6)
  end.writeUInt32LE(records.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...local, records, uint32(0x06054b50), end])
}

function uint32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
