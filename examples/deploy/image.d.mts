import type { BuiltImage, ImageDefinition } from '@stemcell/images'

export const serverImage: ImageDefinition
export function buildServerImage(file: string, registry: string): Promise<BuiltImage>
