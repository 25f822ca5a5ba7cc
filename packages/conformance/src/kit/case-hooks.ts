/**
 * What only whoever runs a kit can do with a backend. All of it is optional: cases that need what is not offered are
 * skipped, and say what is missing.
 */
export interface CaseHooks<S> {
  /**
   * Cuts this subject off from its backend, other subjects of the same backend not: as a cable that is pulled. The
   * subject must be able to tell, within `patienceMs`, that nobody answers.
   */
  readonly disrupt?: (subject: S) => Promise<void>
  /** Undoes `disrupt`. */
  readonly restore?: (subject: S) => Promise<void>
  /** A new, unopened subject on the same backend that shares nothing else with this one, as in another process. */
  readonly another?: (subject: S) => S | Promise<S>
  /** Makes what is stored as this document unreadable, as a broken disk or another program would. The subject is closed. */
  readonly damage?: (closed: S, id: string) => Promise<void>
  /** After how long what one subject held may be given to others when it says nothing more, ms. */
  readonly leaseMs?: number
  /** How long an idle subject is watched, ms: longer than any waiting read of the adapter. Default `patienceMs` / 10. */
  readonly idleMs?: number
  /**
   * The settings that the backend keeps of a topic, of those in `TopicSettings`, and as the backend tells them;
   * undefined when it has no such topic.
   */
  readonly settingsOf?: (subject: S, topic: string) => Promise<Readonly<Record<string, number>> | undefined>
}
