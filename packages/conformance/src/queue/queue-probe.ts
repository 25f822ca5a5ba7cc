import { bytesBody, type Delivery, type MessageBody } from '@stemcell/core'

export function textBody(text: string): MessageBody {
  return bytesBody(Buffer.from(text))
}

export function textOf({ body }: Delivery): string {
  return Buffer.from(body.bytes()).toString()
}

/** Texts `prefix0` to `prefix<count - 1>`. */
export function series(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`)
}

/** Holds back whoever waits at it until it is opened. A case opens its gates in `finally`, or closing would hang. */
export class Semaphore {
  readonly passed: Promise<void>
  open: () => void = () => undefined

  constructor() {
    this.passed = new Promise((resolve) => {
      this.open = resolve
    })
  }
}

/** Lets everything that is ready to run do so, several times over. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}
