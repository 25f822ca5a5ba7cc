export {
  buildImage,
  buildImages,
  type BuildOptions,
  type BuiltImage,
  type DeliveryOptions,
  type PlannedImage,
} from './build-image.ts'
export { imageDefinitions } from './definitions/index.ts'
export { actionNodejs } from './definitions/action-nodejs.ts'
export { actionPython } from './definitions/action-python.ts'
export { actionLoop, actionSkeleton } from './definitions/native-images.ts'
export { ACTION_USER, baseSystem } from './definitions/base-system.ts'
export { engineSocket, type EngineName } from './engine/engine-socket.ts'
export { hasImage } from './engine/has-image.ts'
export {
  RUNTIME_LABELS,
  type ImageConfig,
  type ImageDefinition,
  type ImagePlan,
  type PlanOptions,
} from './image-definition.ts'
export { npmClosure, type InstalledPackage } from './host/npm-closure.ts'
export { RootFs, type Content, type RootFsEntry } from './root-fs.ts'
