import { gzipSync } from 'node:zlib'

export interface TarFile {
  readonly name: string
  readonly data?: string | Uint8Array
  /** '0' file, '1' hard link, '2' symbolic link, '5' directory, 'L' and 'x' long names. */
  readonly type?: string
  readonly link?: string
  readonly mode?: number
}

export function buildTarGz(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap((file) => {
    const data = Buffer.from(file.data ?? '')
    const header = Buffer.alloc(512)
    header.write(file.name, 0, 100)
    header.write((file.mode ?? 0o644).toString(8).padStart(7, '0'), 100)
    header.write(data.length.toString(8).padStart(11, '0'), 124)
    header.write('        ', 148)
    header.write(file.type ?? '0', 156)
    header.write(file.link ?? '', 157, 100)
    header.write('ustar\x0000', 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}
