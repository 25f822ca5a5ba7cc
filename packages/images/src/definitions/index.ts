import type { ImageDefinition } from '../image-definition.ts'
import { actionNodejs } from './action-nodejs.ts'
import { actionPython } from './action-python.ts'
import { actionLoop, actionSkeleton } from './native-images.ts'

/** Every image that `stemcell images build` knows, in the order it is built. */
export const imageDefinitions: readonly ImageDefinition[] = [actionNodejs, actionPython, actionSkeleton, actionLoop]
