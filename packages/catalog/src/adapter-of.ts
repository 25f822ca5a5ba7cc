import type { Adapter, SystemPackage, SystemPackageContext } from '@stemcell/core'

export type SystemPackageAdapter = Adapter<SystemPackage, SystemPackageContext>

export function adapterOf(build: SystemPackageAdapter['build']): SystemPackageAdapter {
  return { name: '@stemcell/catalog', core: '^0.1.0', build }
}
