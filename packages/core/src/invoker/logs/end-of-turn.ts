let waiting: (() => void)[] = []

/**
 * Calls back once all that could be read in this turn of the event loop was read. What a run wrote before its answer
 * could be read no later than the answer: it is read in the same turn. All that ask in one turn wait for its end together.
 */
export function atEndOfTurn(callback: () => void): void {
  if (waiting.length === 0) setImmediate(callAll)
  waiting.push(callback)
}

function callAll(): void {
  const callbacks = waiting
  waiting = []
  let called = 0
  try {
    while (called < callbacks.length) callbacks[called++]!()
  } finally {
    // One that throws takes nobody else's turn.
    for (const callback of callbacks.slice(called)) atEndOfTurn(callback)
  }
}
