/** A message on its way, in the form that kafkajs takes. */
export interface Outgoing {
  readonly value: Buffer
  readonly key: string | null
  /** Set when it is routed. */
  partition: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Not to be sent for the first time after this moment of the monotonic clock. */
  readonly deadlineMs: number
}
