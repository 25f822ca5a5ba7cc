import { spawnSync } from 'node:child_process'
import { PlatformError } from '@stemcell/core'

/** Where an installed Python is, and what it is called. */
export interface PythonHome {
  /** The interpreter itself: neither a link to it, nor a script that chooses one, nor that of a virtual environment. */
  readonly program: string
  /** e.g. `3.11`. */
  readonly version: string
  /** Of the standard library, below the prefix, e.g. `lib/python3.11`. */
  readonly place: string
  readonly library: string
  readonly extensions: string
}

const OLDEST = 7

const ASK = `
import json, os, sys, sysconfig
program = getattr(sys, "_base_executable", sys.executable)
library = sysconfig.get_path("stdlib")
extensions = sysconfig.get_config_var("DESTSHARED") or os.path.join(sysconfig.get_path("platstdlib"), "lib-dynload")
print(json.dumps({
    "program": os.path.realpath(program),
    "version": "%d.%d" % sys.version_info[:2],
    "place": os.path.join(getattr(sys, "platlibdir", "lib"), os.path.basename(library)),
    "library": library,
    "extensions": extensions,
}))
`

/** @throws ERR_CONFIG the program is not Python 3.7 or later. */
export function pythonHome(program: string): PythonHome {
  const { stdout, error } = spawnSync(program, ['-I', '-S', '-c', ASK], { encoding: 'utf8' })
  const text = (stdout ?? '').trim()
  if (!text.startsWith('{')) {
    throw new PlatformError('ERR_CONFIG', `${program} does not answer like Python 3`, { cause: error })
  }
  const home = JSON.parse(text) as PythonHome
  const [major, minor] = home.version.split('.').map(Number)
  if (major !== 3 || minor! < OLDEST) {
    throw new PlatformError('ERR_CONFIG', `${program} is Python ${home.version}: 3.${OLDEST} or later is needed`)
  }
  return home
}
