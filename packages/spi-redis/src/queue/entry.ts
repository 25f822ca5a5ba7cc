import { bytesBody, type Delivery, type MessageBody } from '@stemcell/core'
import { listOf, textOf, type Reply } from '../connection/lua-script.ts'

/** `s`: the topic's stream. `r`: the group's stream of what it gets once more. */
export type StreamLetter = 's' | 'r'

/** A message as this consumer holds it, until Redis knows what became of it. */
export class Entry implements Delivery {
  readonly stream: StreamLetter
  readonly id: string
  readonly body: MessageBody
  readonly attempt: number
  #abort: AbortController | undefined
  #aborted = false

  constructor(stream: StreamLetter, id: string, bytes: Buffer, attempt: number) {
    this.stream = stream
    this.id = id
    this.body = bytesBody(bytes)
    this.attempt = attempt
  }

  /** The id, unlike that of any entry of the other stream. */
  get name(): string {
    return this.stream + this.id
  }

  /** Made when somebody asks: most handlers do not. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#aborted) this.#abort.abort()
    return this.#abort.signal
  }

  abort(): void {
    this.#aborted = true
    this.#abort?.abort()
  }
}

/** What a read gave: messages, and ids in the retry stream that only say that something is delayed. */
export interface ReadEntries {
  readonly messages: readonly Entry[]
  readonly notices: readonly string[]
}

/** Reads the answer of XREADGROUP on `stream` and a retry stream; null stands for none. */
export function readEntries(reply: Reply, stream: string): ReadEntries {
  const messages: Entry[] = []
  const notices: string[] = []
  for (const part of reply === null ? [] : listOf(reply)) {
    const [key, entries] = listOf(part)
    const letter = textOf(key) === stream ? 's' : 'r'
    for (const entry of listOf(entries)) {
      const [idReply, fields] = listOf(entry)
      const id = textOf(idReply)
      const { body, attempt } = readFields(fields ?? null)
      if (body) messages.push(new Entry(letter, id, body, attempt))
      else notices.push(id)
    }
  }
  // What was delivered before goes first.
  return { messages: messages.sort((a, b) => Number(a.stream === 's') - Number(b.stream === 's')), notices }
}

function readFields(reply: Reply): { readonly body: Buffer | undefined; readonly attempt: number } {
  let body: Buffer | undefined
  let attempt = 1
  const fields = reply === null ? [] : listOf(reply)
  for (let index = 0; index < fields.length; index += 2) {
    const value = fields[index + 1]
    const name = textOf(fields[index])
    if (name === 'b' && Buffer.isBuffer(value)) body = value
    if (name === 'a') attempt = Number(textOf(value))
  }
  return { body, attempt }
}
