export { processContainers } from './process-containers.ts'
export { processContainersOptions, type ProcessContainersOptions } from './process-containers-options.ts'
export { hostPythons, type HostPython } from './host-pythons.ts'
