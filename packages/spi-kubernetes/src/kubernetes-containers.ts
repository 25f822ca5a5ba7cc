import { PlatformError, type Adapter, type ContainerFactory } from '@stemcell/core'
import { KubernetesContainerFactory } from './kubernetes-container-factory.ts'
import { kubernetesContainersOptions, type KubernetesContainersOptions } from './kubernetes-containers-options.ts'
import { readPodTemplate } from './pod/pod-template.ts'

/**
 * Containers as pods of a Kubernetes cluster.
 * @throws ERR_CONFIG an option is unknown or out of range, or the pod template cannot be used.
 */
export function kubernetesContainers(options: KubernetesContainersOptions = {}): Adapter<ContainerFactory> {
  const parsed = kubernetesContainersOptions.safeParse(options)
  if (!parsed.success) {
    const why = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`).join('; ')
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-kubernetes: ${why}`)
  }
  const template = readPodTemplate(parsed.data.podTemplate)
  return {
    name: '@stemcell/spi-kubernetes',
    core: '^0.1.0',
    build: (context) => new KubernetesContainerFactory(parsed.data, template, context),
  }
}
