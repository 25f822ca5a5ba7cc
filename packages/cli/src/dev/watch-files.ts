import { watch, type FSWatcher } from 'chokidar'
import { basename } from 'node:path'

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
  return { ready, close: () => watcher.close() }
}

/** What editors make while they save. */
function isTemporary(name: string): boolean {
  return /^\.#|~$|\.sw[a-z]$|^4913$|^\.goutputstream/.test(name)
}
