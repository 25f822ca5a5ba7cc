import { existsSync } from 'node:fs'
import { PlatformError } from '@stemcell/core'
import { findProgram } from '../host/find-program.ts'
import { pythonHome } from '../host/python-home.ts'
import type { ImageDefinition } from '../image-definition.ts'
import { actionloopConfig, actionloopRuntime } from './actionloop-runtime.ts'
import { nodeProgram, nodeSystem } from './node-system.ts'
import { pythonLibrary } from './python-library.ts'
import { addTools } from './tools.ts'

const TIME_ZONES = '/usr/share/zoneinfo'

/** Runs Python actions on this machine's Python and its standard library. */
export const actionPython: ImageDefinition = {
  name: 'action-python',
  summary: 'Python actions; the tags are the major and the minor version of Python',
  plan(options) {
    const program = findProgram('python3', options)
    if (program === undefined) {
      throw new PlatformError('ERR_CONFIG', 'this machine has no python3: install Python 3.7 or later, or use --python')
    }
    const system = nodeSystem(nodeProgram(options))
    const home = pythonHome(program)
    const python = pythonLibrary(home)
    // The runtime makes the streams of an action with it.
    addTools(python, ['mkfifo'], options)
    if (existsSync(TIME_ZONES)) python.addTree(TIME_ZONES, TIME_ZONES, (below) => !/^(posix|right)(\/|$)/.test(below))
    return {
      tag: '3',
      furtherTags: [home.version],
      layers: [system, python.without(system), actionloopRuntime()],
      config: actionloopConfig('python'),
    }
  },
}
