export type { CaseContext, ConformanceCase } from './conformance-case.ts'
export { eventually } from './conformance-case.ts'
export type { ConformanceOptions } from './run-conformance.ts'
export { runConformance } from './run-conformance.ts'
export { proveKitBites } from './prove-kit-bites.ts'
export { containerFactoryCases } from './container-factory-cases.ts'
export type { ContainerCase, ContainerSubject } from './container-subject.ts'
export {
  containerSubject,
  runContainerFactoryConformance,
  type ContainerFactoryConformanceOptions,
} from './run-container-factory-conformance.ts'
