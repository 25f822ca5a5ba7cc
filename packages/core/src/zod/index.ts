// All of zod but its messages in sixty languages, which are half of its code: those of the platform are in English.
import { en } from 'zod/locales'

export * from 'zod'
export * as z from './index.ts'
export * as core from './core.ts'
export const locales = { en }
