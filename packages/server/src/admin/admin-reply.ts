import { z } from '@stemcell/core/schema'

/**
 * What a server writes, one JSON text a line: lines to print, then one `end`, with the refusal when there was one,
 * and the exit code where that is another than 0 or, of a refusal, 1. Without an end the answer is incomplete.
 */
export const adminReply = z.union([
  z.strictObject({ line: z.string() }),
  z.strictObject({ end: z.string().nullable(), exitCode: z.int().optional() }),
])

export type AdminReply = z.output<typeof adminReply>
