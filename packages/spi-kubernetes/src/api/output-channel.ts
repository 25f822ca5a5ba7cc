import type { WebSocket } from 'undici'

/** The first byte of a message. Source: k8s.io/apimachinery/pkg/util/remotecommand */
const STDOUT = 1
const STDERR = 2
const ERROR = 3

export interface OutputListener {
  output(stream: 'stdout' | 'stderr', bytes: Buffer): void
  /** Once, whatever ended it; `opened` tells whether anything could have come at all. */
  ended(opened: boolean, reason: string): void
}

/** Passes on what comes over an attached connection. Resolves once it is open or has ended. */
export function readOutput(socket: WebSocket, listener: OutputListener): Promise<void> {
  return new Promise((resolve) => {
    let opened = false
    let isOver = false
    let reason = ''
    const end = (): void => {
      if (isOver) return
      isOver = true
      listener.ended(opened, reason)
      resolve()
    }
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => {
      opened = true
      resolve()
    })
    socket.addEventListener('message', ({ data }) => {
      if (!(data instanceof ArrayBuffer) || data.byteLength < 2) return
      const bytes = Buffer.from(data)
      const text = bytes.subarray(1)
      if (bytes[0] === STDOUT) listener.output('stdout', text)
      else if (bytes[0] === STDERR) listener.output('stderr', text)
      else if (bytes[0] === ERROR) reason = text.toString().slice(0, 500)
    })
    socket.addEventListener('error', (event) => {
      reason ||= event.message
      // Where it was never open, no close follows.
      if (!opened) end()
    })
    socket.addEventListener('close', (event) => {
      reason ||= event.reason
      end()
    })
  })
}
