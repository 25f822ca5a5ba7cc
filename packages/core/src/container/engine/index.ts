export { ApiForwarder, type ForwardedApi, type Gateway } from './api-forwarder.ts'
export { engineLabels, ownerLabels, platformLabel, specLabels } from './container-labels.ts'
export type {
  ContainerEngine,
  EngineSession,
  FactoryClosing,
  ListedContainer,
  StartContainer,
} from './container-engine.ts'
export { ControlGroup } from './control-group.ts'
export { EngineContainerFactory } from './engine-container-factory.ts'
export { checkEngineOptions, engineCapabilities, engineOptions } from './engine-options.ts'
export { exitReason } from './exit-reason.ts'
export { aborted, Semaphore, orAborted } from './semaphore.ts'
export { fullImageName, parseImageName, type ImageName } from './image-name.ts'
export { ImageSource, type ImageEngine, type ImageSourceSettings, type RegistryCredentials } from './image-source.ts'
export { MultiplexedOutput } from './multiplexed-output.ts'
export { isolatedNetworkName, PlatformNetworks } from './platform-networks.ts'
export { RUNTIME_LABELS, RUNTIME_PORT, runtimeImage, type InspectedImage, type RuntimeImage } from './runtime-image.ts'
export { socketIn, SocketFolders } from './socket-folders.ts'
