import { once } from 'node:events'
import { lstatSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The longest path that every system takes as the address of a socket. */
const MAX_ADDRESS_BYTES = 100

/**
 * Listens on a unix socket that only its owner may open. Where the path is too long to be an address, a link takes its
 * place and the socket lies in a private folder of its own.
 */
export async function bindPrivately(server: Server, path: string): Promise<void> {
  removeSocket(path)
  let address = path
  if (Buffer.byteLength(path) > MAX_ADDRESS_BYTES) {
    address = join(mkdtempSync(join(tmpdir(), 'stemcell-admin-')), 's')
    symlinkSync(address, path)
  }
  // The socket is made within the call: at no moment could others open it.
  const umask = process.umask(0o177)
  try {
    server.listen(address)
  } finally {
    process.umask(umask)
  }
  await once(server, 'listening')
}

/** What to connect to. */
export function addressOf(path: string): string {
  return isLink(path) ? readlinkSync(path) : path
}

export function removeSocket(path: string): void {
  if (isLink(path)) rmSync(dirname(readlinkSync(path)), { recursive: true, force: true })
  rmSync(path, { force: true })
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}
