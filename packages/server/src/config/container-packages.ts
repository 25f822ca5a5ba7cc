/** What `--containers` may be, and the package that stands for it. */
export const CONTAINER_PACKAGES = {
  process: '@stemcell/spi-process',
  docker: '@stemcell/spi-docker',
  podman: '@stemcell/spi-podman',
  kubernetes: '@stemcell/spi-kubernetes',
} as const

export type ContainersName = keyof typeof CONTAINER_PACKAGES
