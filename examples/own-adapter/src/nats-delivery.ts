import { nanos, type Msg } from 'nats'

/** A message of a consumer. The subject it is answered on says which it is and how often it was delivered. */
export class NatsDelivery {
  readonly data: Uint8Array
  /** Deliveries of it, this one included. */
  readonly count: number
  /** Its number in the stream. */
  readonly sequence: number
  readonly #message: Msg

  constructor(message: Msg) {
    // $JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.…
    const parts = (message.reply ?? '').split('.')
    const start = parts.length > 9 ? 6 : 4
    this.count = Number(parts[start])
    this.sequence = Number(parts[start + 1])
    this.data = message.data
    this.#message = message
  }

  done(): void {
    this.#message.respond('+ACK')
  }

  again(delayMs: number): void {
    this.#message.respond(`-NAK ${JSON.stringify({ delay: nanos(delayMs) })}`)
  }

  stillHeld(): void {
    this.#message.respond('+WPI')
  }
}
