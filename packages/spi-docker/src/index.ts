export { dockerContainers } from './docker-containers.ts'
export { dockerContainersOptions, type DockerContainersOptions } from './docker-containers-options.ts'
