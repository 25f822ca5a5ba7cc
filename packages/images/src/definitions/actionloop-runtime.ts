import { packageFolders, runtimePath, type Mode } from '@stemcell/runtime-actionloop'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '@stemcell/core'
import { RUNTIME_LABELS, type ImageConfig } from '../image-definition.ts'
import { RootFs } from '../root-fs.ts'
import { ACTION_USER, CERTIFICATES } from './base-system.ts'

const PACKAGES = '/stemcell/node_modules'
const WANTED = /^(package\.json|(dist|launchers)(\/.*)?)$/

/** @throws ERR_CONFIG it is not built. */
export function actionloopRuntime(): RootFs {
  if (!existsSync(runtimePath)) {
    throw new PlatformError('ERR_CONFIG', '@stemcell/runtime-actionloop is not built: run npm run build')
  }
  const root = new RootFs()
  for (const [name, folder] of Object.entries(packageFolders)) {
    const isWanted = (below: string): boolean =>
      WANTED.test(below) && !/\.(d\.ts|map|tsbuildinfo|pyc)$|__pycache__$/.test(below)
    root.addTree(join(PACKAGES, name), folder, isWanted)
  }
  return root
}

export function actionloopConfig(mode: Mode): ImageConfig {
  return {
    entrypoint: ['/usr/bin/node', `${PACKAGES}/@stemcell/runtime-actionloop/dist/main.js`, mode],
    // OpenSSL looks where this machine has its certificates, which need not be where the image has them.
    environment: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/tmp', SSL_CERT_FILE: CERTIFICATES },
    workingFolder: '/tmp',
    user: ACTION_USER,
    labels: { [RUNTIME_LABELS.socket]: 'unix', [RUNTIME_LABELS.logs]: 'attributed' },
  }
}
