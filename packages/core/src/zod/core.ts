import { en } from 'zod/locales'

export * from 'zod/v4/core'
export const locales = { en }
