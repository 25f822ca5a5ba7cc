/** The keys of a topic and of a group in it. A NUL, which no sensible name holds, stands between two names. */
export class TopicKeys {
  /** What was published and not yet acknowledged by every group. */
  readonly stream: string
  readonly settings: string
  readonly #base: string
  readonly #topic: string

  constructor(keyPrefix: string, topic: string) {
    this.#base = `{${keyPrefix}}:queue`
    this.#topic = topic
    this.stream = `${this.#base}:stream:${topic}`
    this.settings = `${this.#base}:settings:${topic}`
  }

  group(group: string): GroupKeys {
    const key = (kind: string): string => `${this.#base}:${kind}:${this.#topic}\0${group}`
    return {
      stream: this.stream,
      retry: key('retry'),
      delayed: key('delayed'),
      parked: key('parked'),
      alive: key('alive'),
    }
  }

  /** What the key of the consumers seen alive in a group begins with. */
  get alivePrefix(): string {
    return this.group('').alive
  }
}

export interface GroupKeys {
  readonly stream: string
  /** Stream of messages that this group gets once more. */
  readonly retry: string
  /** Sorted set: what was rejected, by the server's time from which it may be delivered again. */
  readonly delayed: string
  /** Hash: the bodies of what is delayed. */
  readonly parked: string
  /** Sorted set: consumers, by the server's time at which they last said that they live. */
  readonly alive: string
}
