import { createRequire } from 'node:module'

const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string }

/** The version of this core, which adapters state a range for. */
export const CORE_VERSION: string = manifest.version
