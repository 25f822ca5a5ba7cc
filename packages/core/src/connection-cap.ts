import { readFileSync } from 'node:fs'

/** Connections of one server where the system allows enough files to be open. */
export const MAX_CONNECTIONS = 8192
/** Stores, queues, containers and their pipes need descriptors too: connections get no more than this share. */
const SHARE = 0.5

/** Of a second server in the same process. */
export const SECOND_SHARE = 0.25

/** How many connections a server takes, and what it follows from. */
export interface ConnectionCap {
  readonly connections: number
  /** Undefined where the system does not say. */
  readonly openFiles: number | undefined
}

/** Taking more connections than the limit of open files bears would starve everything else in this process. */
export function connectionCap(openFiles: number | undefined = openFilesLimit(), share: number = SHARE): ConnectionCap {
  const affordable = openFiles === undefined ? MAX_CONNECTIONS : Math.max(1, Math.floor(openFiles * share))
  return { connections: Math.min(MAX_CONNECTIONS, affordable), openFiles }
}

/** The soft limit, which Node.js has raised to the hard one by now. Undefined where there is none, or none to be seen. */
function openFilesLimit(): number | undefined {
  let text: string
  try {
    text = readFileSync('/proc/self/limits', 'latin1')
  } catch {
    // Linux alone shows it as a file; and where no file can be opened there is nothing to share out.
    return undefined
  }
  const soft = /^Max open files +(\d+)/m.exec(text)?.[1]
  return soft === undefined ? undefined : Number(soft)
}
