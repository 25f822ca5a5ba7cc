import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PlatformError } from '@stemcell/core'

export type EngineName = 'docker' | 'podman'

const HINTS = {
  docker: 'start it (systemctl start docker)',
  podman:
    'start its service (systemctl start podman.socket, or podman system service --time=0 unix:///run/podman/podman.sock)',
} as const

/**
 * The unix socket of an engine on this machine.
 * @throws ERR_CONFIG there is none.
 */
export function engineSocket(engine: EngineName, runtimeFolder?: string): string {
  const candidates = {
    docker: ['/var/run/docker.sock', ...(runtimeFolder ? [join(runtimeFolder, 'docker.sock')] : [])],
    podman: [
      ...(process.getuid?.() === 0 || !runtimeFolder ? [] : [join(runtimeFolder, 'podman', 'podman.sock')]),
      '/run/podman/podman.sock',
    ],
  }[engine]
  const found = candidates.find((path) => existsSync(path))
  if (found !== undefined) return found
  const places = candidates.join(' and ')
  throw new PlatformError(
    'ERR_CONFIG',
    `${engine} is not running (looked at ${places}): ${HINTS[engine]}, or name its socket`,
  )
}
