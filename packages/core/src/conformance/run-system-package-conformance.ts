import type { JsonObject } from '../model/json.ts'
import type { SystemPackage } from '../system-packages/system-package.ts'
import { runConformance, type ConformanceOptions } from './run-conformance.ts'
import { systemPackageCases, type SystemPackageSubject } from './system-package-cases.ts'

export interface SystemPackageConformanceOptions extends Omit<ConformanceOptions<SystemPackage>, 'capabilities'> {
  /** Arguments with which each action comes to an end by itself, by its name. Default: none are needed. */
  readonly samples?: Readonly<Record<string, JsonObject>>
}

export function systemPackageSubject(
  pkg: SystemPackage,
  samples: Readonly<Record<string, JsonObject>> = {},
): SystemPackageSubject {
  return {
    name: pkg.name,
    pkg,
    samples,
    open: async () => pkg.open?.(),
    close: async () => pkg.close?.(),
  }
}

/** Tests an implementation of SystemPackage with vitest. */
export function runSystemPackageConformance(name: string, options: SystemPackageConformanceOptions): void {
  const { create, destroy, samples, ...others } = options
  runConformance<SystemPackageSubject>('SystemPackage', name, systemPackageCases, {
    ...others,
    create: async () => systemPackageSubject(await create(), samples),
    ...(destroy && { destroy: ({ pkg }) => destroy(pkg) }),
  })
}
