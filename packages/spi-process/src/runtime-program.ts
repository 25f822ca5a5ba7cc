import { PlatformError, type ContainerSpec } from '@stemcell/core'
import { runtimePath as actionloopPath, type Mode } from '@stemcell/runtime-actionloop'
import { runtimePath as nodejsPath } from '@stemcell/runtime-nodejs'

/** File and first arguments of the program that is started with `node`. */
export type RuntimeProgram = readonly [file: string, ...args: string[]]

/** The images that stand for a runtime rather than for a user's own environment, without registry and tag. */
const NATIVE_IMAGES: Readonly<Record<string, Mode>> = {
  'openwhisk/dockerskeleton': 'skeleton',
  'stemcell/action-skeleton': 'skeleton',
  'openwhisk/actionloop-base': 'actionloop',
  'stemcell/action-loop': 'actionloop',
}

/** @throws ERR_UNSUPPORTED no runtime of this adapter runs it; the message is meant for the user. */
export function runtimeProgram({ kind, image, userImage }: ContainerSpec): RuntimeProgram {
  if (kind === 'blackbox') {
    const mode = userImage ? undefined : NATIVE_IMAGES[plainName(image)]
    if (mode === undefined) {
      const known = Object.keys(NATIVE_IMAGES).join(', ')
      throw unsupported(`Actions run as processes here, not in images: '${image}' is not one of ${known}.`)
    }
    return [actionloopPath, mode]
  }
  if (userImage) throw unsupported(`Actions run as processes here, not in images: '${image}' cannot be run.`)
  if (kind.startsWith('nodejs:')) return [nodejsPath]
  if (/^python:3(\.|$)/.test(kind)) return [actionloopPath, 'python']
  throw unsupported(`Actions run as processes here, of kinds nodejs and python:3 only, not ${kind}.`)
}

function unsupported(message: string): PlatformError {
  return new PlatformError('ERR_UNSUPPORTED', message)
}

/** `registry/prefix/name:tag` without the registry, which has a dot or a port, and without the tag. */
function plainName(image: string): string {
  const [, name = image] = /^(?:[^/]*[.:][^/]*\/)?(.*?)(?::[^/]*)?$/.exec(image) ?? []
  return name
}
