import { existsSync } from 'node:fs'
import { PlatformError } from '@stemcell/core'

const CGROUPS = '/sys/fs/cgroup'

/** @throws ERR_CONFIG this user, or this machine, cannot suspend containers without asking the engine. */
export function checkFreezer(): void {
  const has = existsSync(`${CGROUPS}/freezer`) || existsSync(`${CGROUPS}/cgroup.controllers`)
  if (has && process.getuid?.() === 0) return
  const reason = has ? 'only root may write to cgroups' : `there are no cgroups at ${CGROUPS}`
  const fix = 'set suspendThrough to engine'
  throw new PlatformError('ERR_CONFIG', `@stemcell/spi-docker: suspendThrough: ${reason}: ${fix}`)
}
