/**
 * To parse options and other things that are read once: `schema.parse(options, ONCE)`. Zod makes no code for it, which
 * takes longer than the parse, and pays for what is parsed again and again.
 */
export const ONCE = { jitless: true } as const
