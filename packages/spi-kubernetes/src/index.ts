export { kubernetesContainers } from './kubernetes-containers.ts'
export { kubernetesContainersOptions, type KubernetesContainersOptions } from './kubernetes-containers-options.ts'
