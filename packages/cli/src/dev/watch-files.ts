import { watch, type FSWatcher } from 'chokidar'
import { basename, sep } from 'node:path'

/** Folders that tools write to, and that are no part of what is deployed, or large. */
const IGNORED = new Set(['node_modules', '.git', '.stemcell', 'stemcell-data', '__pycache__', '.venv', 'virtualenv'])

export interface FileWatch {
  /** Resolves when every change from now on is seen. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

/** Says which file of the folders changed, was made or is gone. */
export function watchFiles(folders: readonly string[], changed: (path: string) => void): FileWatch {
  const watcher: FSWatcher = watch([...folders], {
    ignored: (path) => !folders.includes(path) && (IGNORED.has(basename(path)) || isTemporary(basename(path))),
    ignoreInitial: true,
    atomic: 20,
  })
  const ready = new Promise<void>((resolve, reject) => {
    watcher.once('ready', resolve)
    watcher.once('error', reject)
  })
  watcher.on('all', (event, path) => {
    if (event !== 'addDir') changed(path)
  })
  // Of two changes within 50 ms, the other event tells of the first one only.
  watcher.on('raw', (_event, path) => {
    const parts = path.split(sep)
    if (!parts.some((part) => IGNORED.has(part)) && !isTemporary(parts.at(-1) ?? '')) changed(path)
  })
  return { ready, close: () => watcher.close() }
}

/** What editors make while they save. */
function isTemporary(name: string): boolean {
  return /^\.#|~$|\.sw[a-z]$|^4913$|^\.goutputstream/.test(name)
}
