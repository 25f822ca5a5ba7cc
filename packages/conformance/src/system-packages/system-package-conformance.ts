import type { JsonObject, SystemPackage } from '@stemcell/core'
import { caseSuite, type ConformanceOptions } from '../kit/case-suite.ts'
import type { ConformanceSuite } from '../kit/conformance-suite.ts'
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

/** Tests an implementation of SystemPackage. */
export function systemPackageConformance(name: string, options: SystemPackageConformanceOptions): ConformanceSuite {
  const { create, destroy, samples, ...others } = options
  return caseSuite<SystemPackageSubject>('SystemPackage', name, systemPackageCases, {
    ...others,
    create: async () => systemPackageSubject(await create(), samples),
    ...(destroy && { destroy: ({ pkg }, used) => destroy(pkg, used) }),
  })
}
