import { once } from 'node:events'
import { existsSync, lstatSync, mkdtempSync, readlinkSync, rmdirSync, rmSync, symlinkSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** The longest path that every system takes as the address of a socket. */
const MAX_ADDRESS_BYTES = 100
const FOLDER_PREFIX = 'stemcell-admin-'

/**
 * Listens on a unix socket that only its owner may open. Where the path is too long to be an address, a link takes its
 * place and the socket lies in a private folder of its own.
 */
export async function bindPrivately(server: Server, path: string): Promise<void> {
  removeSocket(path)
  let address = path
  if (Buffer.byteLength(path) > MAX_ADDRESS_BYTES) {
    // TMPDIR may be as long as anything.
    const folder = Buffer.byteLength(tmpdir()) <= MAX_ADDRESS_BYTES / 2 ? tmpdir() : '/tmp'
    address = join(mkdtempSync(join(folder, FOLDER_PREFIX)), 's')
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

/** Removes the socket and, of what a link leads to, only what `bindPrivately` made. */
export function removeSocket(path: string): void {
  const address = addressOf(path)
  rmSync(path, { force: true })
  const folder = dirname(address)
  if (address === path || !basename(folder).startsWith(FOLDER_PREFIX)) return
  rmSync(address, { force: true })
  if (existsSync(folder)) rmdirSync(folder)
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}
