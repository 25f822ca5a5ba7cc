import type { Flaws } from '../cluster/cluster.ts'

/** A fault that Apache OpenWhisk really had, rebuilt in what surrounds our code. */
export interface HistoricFault {
  readonly name: string
  /** What is rebuilt, in a sentence. */
  readonly text: string
  /** Where it is told of: an issue of apache/openwhisk, or none where only its code shows it. */
  readonly issues: readonly number[]
  /** Where else it is to be seen. */
  readonly seen?: string
  readonly flaws: Flaws
}

/** What OpenWhisk did wrong once, as toggles of the simulated surroundings. Nothing of it is in the code that ships. */
export const HISTORY: readonly HistoricFault[] = [
  {
    name: 'taken-is-done',
    text: 'A message counts as done once an invoker has it: what the invoker had is lost with it.',
    issues: [3135],
    flaws: { broker: { forgetsOnDelivery: true } },
  },
  {
    name: 'record-behind-the-answer',
    text: 'An activation counts as recorded before the store has the record: where the store is away, there is none.',
    issues: [3135],
    flaws: { records: { answersBeforeItStores: true } },
  },
  {
    name: 'again-as-if-first',
    text: 'After a change of consumers a message comes again as if for the first time, and is run again.',
    issues: [2498],
    flaws: { broker: { forgetsAttempts: true } },
  },
  {
    name: 'dead-but-resumed',
    text: 'A container that ends while it is resumed stays in the books, and its memory is never free again.',
    issues: [5325, 5326],
    flaws: { engine: { hidesDeathInResume: true } },
  },
  {
    name: 'lost-start',
    text: 'A start that fails under load keeps its place among those that may start at once, until nothing starts any more.',
    issues: [2481],
    flaws: { engine: { hidesFailedStarts: true } },
  },
  {
    name: 'free-before-gone',
    text: 'The memory of a container is given to the next one before the container is gone.',
    issues: [],
    seen: 'the pool of its invoker',
    flaws: { engine: { tellsEndEarly: true } },
  },
]
