import { PREINSTALLED, runtimePath } from '@stemcell/runtime-nodejs'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { PlatformError } from '@stemcell/core'
import { npmClosure } from '../host/npm-closure.ts'
import { RUNTIME_LABELS, type ImageDefinition } from '../image-definition.ts'
import { RootFs } from '../root-fs.ts'
import { ACTION_USER } from './base-system.ts'
import { majorOf, nodeProgram, nodeSystem } from './node-system.ts'

/** Runs JavaScript actions on this machine's Node.js, with the packages that actions expect. */
export const actionNodejs: ImageDefinition = {
  name: 'action-nodejs',
  summary: 'JavaScript actions; the tag is the major version of Node.js',
  plan(options) {
    if (!existsSync(runtimePath)) {
      throw new PlatformError('ERR_CONFIG', '@stemcell/runtime-nodejs is not built: run npm run build')
    }
    const node = nodeProgram(options)
    return {
      tag: majorOf(node),
      layers: [nodeSystem(node), packages(), runtime()],
      config: {
        entrypoint: ['/usr/bin/node', '/stemcell/runtime-nodejs/main.cjs'],
        environment: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/tmp' },
        workingFolder: '/tmp',
        user: ACTION_USER,
        labels: { [RUNTIME_LABELS.socket]: 'unix', [RUNTIME_LABELS.logs]: 'attributed' },
      },
    }
  },
}

/** At the root of the file system, where `require` and `import` look from any folder. */
function packages(): RootFs {
  const root = new RootFs()
  for (const { place, folder } of npmClosure(PREINSTALLED, dirname(runtimePath))) {
    root.addTree(`/${place}`, folder, (below) => !/^node_modules$|^tests?(\/|$)|\.(md|map|ts)$/i.test(below))
  }
  return root
}

function runtime(): RootFs {
  return new RootFs().addTree('/stemcell/runtime-nodejs', dirname(runtimePath), (below) => below.endsWith('.cjs'))
}
