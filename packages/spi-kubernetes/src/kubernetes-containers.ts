import { parseOptions, type Adapter, type AdapterContext, type ContainerFactory } from '@stemcell/core'
import { EngineContainerFactory } from '@stemcell/core/container-engine'
import {
  kubernetesContainersOptions,
  type KubernetesContainersOptions,
  type KubernetesContainersSettings,
} from './kubernetes-containers-options.ts'
import { readPodTemplate, type PodTemplate } from './pod/pod-template.ts'
import { Session } from './session.ts'

const NAME = '@stemcell/spi-kubernetes'

/**
 * Containers as pods of a Kubernetes cluster.
 * @throws ERR_CONFIG an option is unknown or out of range, or the pod template cannot be used.
 */
export function kubernetesContainers(options: KubernetesContainersOptions = {}): Adapter<ContainerFactory> {
  const settings = parseOptions(NAME, kubernetesContainersOptions, options)
  const template = readPodTemplate(settings.podTemplate)
  return {
    name: NAME,
    core: '^0.1.0',
    build: (context) => factoryOf(settings, template, context),
  }
}

function factoryOf(
  settings: KubernetesContainersSettings,
  template: PodTemplate,
  context: AdapterContext,
): ContainerFactory {
  return new EngineContainerFactory(
    {
      capabilities: {
        suspend: false,
        memoryLimit: true,
        cpuLimit: true,
        images: settings.userImages,
        attributedLogs: true,
        isolation: 'container',
      },
      connect: (closing) => Session.open(settings, template, context, closing),
    },
    context,
  )
}
