import { containerBehindCases } from './container-behind-cases.ts'
import { containerCallCases } from './container-call-cases.ts'
import { containerEndCases } from './container-end-cases.ts'
import { containerOutageCases } from './container-outage-cases.ts'
import { containerLifecycleCases } from './container-lifecycle-cases.ts'
import { containerLogCases } from './container-log-cases.ts'
import type { ContainerCase } from './container-subject.ts'

/** Every promise of the ContainerFactory SPI. */
export const containerFactoryCases: readonly ContainerCase[] = [
  ...containerLifecycleCases,
  ...containerEndCases,
  ...containerCallCases,
  ...containerBehindCases,
  ...containerLogCases,
  ...containerOutageCases,
]
