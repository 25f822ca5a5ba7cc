import { spawnSync } from 'node:child_process'
import { PlatformError } from '@stemcell/core'
import type { PlanOptions } from '../image-definition.ts'
import type { RootFs } from '../root-fs.ts'
import { baseSystem } from './base-system.ts'

/** The Node.js that runtimes are run by: the given one, else the one that runs this. */
export function nodeProgram({ programs }: PlanOptions): string {
  return programs?.['node'] ?? process.execPath
}

/** The lowest layer of every image. Equal in all of them, an engine keeps it once. */
export function nodeSystem(node: string): RootFs {
  return baseSystem().addProgram('/usr/bin/node', node)
}

/** @throws ERR_CONFIG the program is not Node.js. */
export function majorOf(node: string): string {
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  const major = /^v(\d+)\./.exec(stdout ?? '')?.[1]
  if (major === undefined) {
    throw new PlatformError('ERR_CONFIG', `${node} does not answer like Node.js`, { cause: error })
  }
  return major
}
