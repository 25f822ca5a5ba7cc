import { fileURLToPath } from 'node:url'

/** The program to start with `node`: the same file whether this module is loaded from `src` or from `dist`. */
export const runtimePath: string = fileURLToPath(new URL('../dist/bundle/main.cjs', import.meta.url))

export type { InitRequest, RunRequest } from './contract.ts'
export { PREINSTALLED, preinstalledPackages } from './preinstalled.ts'
