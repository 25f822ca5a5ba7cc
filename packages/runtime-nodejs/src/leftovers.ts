// Taken before any code of an action can replace it.
const activeResources = process.getActiveResourcesInfo.bind(process)

/**
 * Notices that something goes on behind the answer: a timer, a connection, a file being read. As long as nothing does,
 * whatever is printed is of the one activation in progress, and nobody needs to be followed through timers and
 * promises, which costs a young process a third of its work.
 */
export class Leftovers {
  #least = Infinity

  /** To be asked between two calls. True when more is going on than ever was at such a time. */
  appeared(): boolean {
    const count = activeResources().length
    if (count > this.#least) return true
    this.#least = count
    return false
  }
}
