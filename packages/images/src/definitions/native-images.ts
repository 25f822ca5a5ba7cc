import { PlatformError } from '@stemcell/core'
import type { Mode } from '@stemcell/runtime-actionloop'
import type { ImageDefinition } from '../image-definition.ts'
import { RootFs } from '../root-fs.ts'
import { actionloopConfig, actionloopRuntime } from './actionloop-runtime.ts'
import { nodeProgram, nodeSystem } from './node-system.ts'
import { addShell } from './tools.ts'

/** Runs scripts and executables, a process for each call: what `wsk action create --native` makes. */
export const actionSkeleton: ImageDefinition = native(
  'action-skeleton',
  'scripts and executables, a process for each call (wsk … --native)',
  'skeleton',
)

/** Runs scripts and executables that speak the actionloop protocol. */
export const actionLoop: ImageDefinition = native(
  'action-loop',
  'scripts and executables that speak the actionloop protocol',
  'actionloop',
)

function native(name: string, summary: string, mode: Mode): ImageDefinition {
  return {
    name,
    summary,
    plan(options) {
      const system = nodeSystem(nodeProgram(options))
      const tools = new RootFs()
      if (!addShell(tools, options)) {
        throw new PlatformError('ERR_CONFIG', 'this machine has no shell: install busybox or dash, or use --busybox')
      }
      return {
        tag: 'latest',
        layers: [system, tools.without(system), actionloopRuntime()],
        config: actionloopConfig(mode),
      }
    },
  }
}
