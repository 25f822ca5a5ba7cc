import { ACTIONS, complaint } from './actions.mjs'

/** Share of the activations that go wrong on purpose. */
export const FAULTS = 0.05
const RECORD_PATIENCE_MS = 60_000

const normal = byWeight(ACTIONS.filter(({ isFault }) => !isFault))
const faulty = byWeight(ACTIONS.filter(({ isFault }) => isFault))

/** Callers that invoke at random, one activation after the other, and read back the record of each. */
export class Load {
  accepted = 0
  verified = 0
  complaints = []
  byAction = {}
  #client
  #randomOf
  #open = new Map()
  #pause = undefined
  #stopped = false
  #idle = 0
  #callers = 0

  /** `randomOf` gives each caller chances of its own, so that what it does depends on nobody else. */
  constructor(client, randomOf) {
    this.#client = client
    this.#randomOf = randomOf
  }

  /** Activations that have no verdict yet: id, or what was asked for, to the action's name. */
  get open() {
    return [...this.#open.values()]
  }

  async define(callers) {
    for (const { name, own, action } of ACTIONS) {
      const names = own ? Array.from({ length: callers }, (_, index) => `${name}-${index}`) : [name]
      for (const each of names) await this.#client.putAction(each, action)
    }
  }

  start(callers) {
    this.#callers = callers
    this.done = Promise.all(Array.from({ length: callers }, (_, index) => this.#call(index)))
  }

  /** Resolves when no activation is open; nothing new is begun until `resume`. */
  pause() {
    const settled = new Promise((resolve) => {
      this.#pause = { settled: resolve }
      this.#pause.over = new Promise((over) => (this.#pause.resume = over))
    })
    return settled
  }

  resume() {
    const pause = this.#pause
    this.#pause = undefined
    pause.resume()
  }

  stop() {
    this.#stopped = true
    return this.done
  }

  async #call(index) {
    const random = this.#randomOf(index)
    while (!this.#stopped) {
      if (this.#pause) {
        const pause = this.#pause
        if (++this.#idle === this.#callers) pause.settled()
        await pause.over
        this.#idle--
        continue
      }
      const subject = pick(random.below(1_000) < FAULTS * 1_000 ? faulty : normal, random)
      const name = subject.own ? `${subject.name}-${index}` : subject.name
      const args = { ...subject.args?.(random), token: random.uuid() }
      this.#open.set(args.token, name)
      try {
        const problem = await this.#invoke(subject, name, args, random.below(2) === 0)
        if (problem !== undefined) this.complaints.push(`${name}: ${problem}`)
      } catch (err) {
        this.complaints.push(`${name}: ${err.stack}`)
      }
      this.#open.delete(args.token)
    }
  }

  /** What is wrong with the activation, if anything. */
  async #invoke(subject, name, args, blocking) {
    const answer = await this.#client.request('POST', `actions/${name}?blocking=${blocking}`, args)
    const id = answer.body?.activationId
    if (id === undefined) return `not accepted: ${answer.status} ${JSON.stringify(answer.body)}`
    this.accepted++
    this.byAction[subject.name] = (this.byAction[subject.name] ?? 0) + 1
    const record = await this.#record(id)
    if (!record) return `${id} has no record`
    this.verified++
    if (blocking && answer.status === 200 && answer.body.response.status !== record.response.status) {
      return `${id} was told as ${answer.body.response.status} and stored as ${record.response.status}`
    }
    const problem = complaint(subject, record, args)
    return problem === undefined ? undefined : `${id} ${problem}`
  }

  async #record(id) {
    const deadline = performance.now() + RECORD_PATIENCE_MS
    do {
      const { status, body } = await this.#client.request('GET', `activations/${id}`)
      if (status === 200) return body
      await new Promise((resolve) => setTimeout(resolve, 10))
    } while (performance.now() < deadline)
    return undefined
  }
}

function byWeight(actions) {
  return actions.flatMap((action) => Array.from({ length: action.weight }, () => action))
}

function pick(list, random) {
  return list[random.below(list.length)]
}
