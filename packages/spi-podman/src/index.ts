export { podmanContainers } from './podman-containers.ts'
export { podmanContainersOptions, type PodmanContainersOptions } from './podman-containers-options.ts'
