let waiting: (() => void)[] = []
const behind: (() => void)[] = []
let isDue = false
let isCalling = false

/**
 * Calls back once all that could be read in this turn of the event loop was read. What a run wrote before its answer
 * could be read no later than the answer: it is read in the same turn. All that ask in one turn wait for its end together.
 */
export function atEndOfTurn(callback: () => void): void {
  waiting.push(callback)
  callSoon()
}

/** The same behind all of those, also for one of them that asks: what each leaves to be done can be done for all at once. */
export function behindEndOfTurn(callback: () => void): void {
  behind.push(callback)
  if (!isCalling) callSoon()
}

function callSoon(): void {
  if (isDue) return
  isDue = true
  setImmediate(callAll)
}

function callAll(): void {
  const callbacks = waiting
  waiting = []
  isDue = false
  isCalling = true
  let called = 0
  try {
    while (called < callbacks.length) callbacks[called++]!()
    while (behind.length > 0) behind.shift()!()
  } finally {
    isCalling = false
    // One that throws takes nobody else's turn.
    for (const callback of callbacks.slice(called)) atEndOfTurn(callback)
    if (behind.length > 0) callSoon()
  }
}
