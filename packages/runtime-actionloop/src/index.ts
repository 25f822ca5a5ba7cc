import { fileURLToPath } from 'node:url'
import { runtimePath as nodejsRuntime } from '@stemcell/runtime-nodejs'

/** The program to start with `node`: the same file whether this module is loaded from `src` or from `dist`. */
export const runtimePath: string = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/**
 * What an image needs, by package name: folders to be copied to `node_modules/<name>`, side by side. Nothing else is
 * loaded.
 */
export const packageFolders: Readonly<Record<string, string>> = {
  '@stemcell/runtime-actionloop': fileURLToPath(new URL('..', import.meta.url)),
  '@stemcell/runtime-nodejs': fileURLToPath(new URL('../..', `file://${nodejsRuntime}`)),
}

/** How a program takes its calls: the first argument of the runtime. */
export type Mode = 'actionloop' | 'python' | 'skeleton'
