import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What of the process table, the socket table and the file system belongs to this process or to `folder`. Linux only. */
export function census(folder) {
  return { processes: processes(folder), sockets: sockets(folder), files: files(folder) }
}

/** Children of this process, and processes that know the folder. */
function processes(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      const parent = /^\d+ \(.*\) \S (\d+)/s.exec(textOf(`/proc/${pid}/stat`))?.[1]
      return (
        Number(parent) === process.pid ||
        textOf(`/proc/${pid}/cmdline`).includes(folder) ||
        textOf(`/proc/${pid}/environ`).includes(folder)
      )
    })
    .map((pid) => `${pid} ${textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`)
}

/** Sockets that this process holds, and those in the folder that anybody does. */
function sockets(folder) {
  const own = readdirSync('/proc/self/fd')
    .map((fd) => linkOf(`/proc/self/fd/${fd}`))
    .filter((target) => target?.startsWith('socket:'))
  const bound = textOf('/proc/net/unix')
    .split('\n')
    .filter((line) => line.includes(folder))
  return [...own, ...bound]
}

function files(folder) {
  return readdirSync(folder, { recursive: true })
}

function textOf(file) {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    // The process is gone, or another user's.
    return ''
  }
}

function linkOf(file) {
  try {
    return readlinkSync(file)
  } catch {
    // The descriptor with which the folder was read.
    return undefined
  }
}
