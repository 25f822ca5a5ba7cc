/** For objects that are filled field by field: an object literal with a spread of what is optional is slow to make. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] }
