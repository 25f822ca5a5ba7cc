import { failure, type Reply, success } from '@stemcell/runtime-nodejs/kit'
import { Child, type Command } from './child.ts'
import type { PipeSupply } from './pipe-supply.ts'
import type { Call, Program, Sink } from './program.ts'
import { ReplyLines } from './reply-lines.ts'
import { StartError } from './start-error.ts'

const NEWLINE = 10
const RETURN = 13
const BLANK = 32
/** Of a wrong result, in the log. */
const MAX_SHOWN = 1000

/** One process for all calls: a line on its standard input for each, a line on its descriptor 3 back. */
export class LoopProgram implements Program {
  readonly #child: Child
  readonly #replies: ReplyLines
  #gone = false

  private constructor(child: Child, print: Sink) {
    this.#child = child
    const unasked = (line: string): void => print(2, Buffer.from(`reply without a call: ${line.slice(0, 1000)}\n`))
    this.#replies = new ReplyLines(child.replies, unasked)
    void child.exited.then(() => this.#drop())
  }

  /**
   * With `waitForAck` the process must first say `{"ok":true}`; otherwise the first call shows whether it works.
   * @throws StartError it does not start, ends, refuses, or `late` aborts.
   */
  static async start(
    command: Command,
    waitForAck: boolean,
    supply: PipeSupply,
    print: Sink,
    late: AbortSignal,
  ): Promise<LoopProgram> {
    const program = new LoopProgram(await Child.start(command, supply, print), print)
    if (!waitForAck) return program
    const stop = (): void => program.kill()
    late.addEventListener('abort', stop, { once: true })
    if (late.aborted) stop()
    const line = await program.#replies.next()
    late.removeEventListener('abort', stop)
    await program.#child.quiet()
    if (line !== undefined && isAck(line)) return program
    program.kill()
    throw new StartError(late.aborted ? 'The action did not initialize in time.' : refusal(line))
  }

  get alive(): boolean {
    return !this.#gone
  }

  async run({ body }: Call): Promise<Reply> {
    if (this.#gone) return failure(500, 'command exited')
    const answered = this.#replies.next()
    this.#child.input?.write(oneLine(body))
    const line = await answered
    await this.#child.quiet()
    if (line === undefined) {
      this.kill()
      return failure(400, 'command exited')
    }
    return replyOf(line)
  }

  kill(): void {
    this.#gone = true
    this.#child.kill()
  }

  /** What the process wrote last may still be on its way. */
  async #drop(): Promise<void> {
    await this.#child.quiet()
    this.#gone = true
    this.#replies.close()
    this.#child.release()
  }
}

/** JSON may contain line ends between its tokens only, where a blank is as good. Nothing else is touched. */
function oneLine(body: Buffer): Buffer {
  const line = Buffer.allocUnsafe(body.length + 1)
  body.copy(line)
  for (const end of [NEWLINE, RETURN]) {
    for (let at = line.indexOf(end); at >= 0 && at < body.length; at = line.indexOf(end, at)) line[at] = BLANK
  }
  line[body.length] = NEWLINE
  return line
}

/** The text is passed on as it is: the platform reads it anyway, and says what is wrong with it. */
function replyOf(line: string): Reply {
  if (/^\s*[[{]/.test(line)) return success(line)
  const text = 'The action did not return a dictionary or array'
  const note = `${text}: it returned ${line.trim().slice(0, MAX_SHOWN)}`
  return { ...(/^\s*null\s*$/.test(line) ? success(line) : failure(502, `${text}.`)), note }
}

function isAck(line: string): boolean {
  return ackOf(line)?.['ok'] === true
}

function refusal(line: string | undefined): string {
  if (line === undefined) return 'Command exited abruptly during initialization.'
  const error = ackOf(line)?.['error']
  return typeof error === 'string' ? error : 'The action did not initialize properly.'
}

function ackOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const ack: unknown = JSON.parse(line)
    return typeof ack === 'object' && ack !== null ? (ack as Readonly<Record<string, unknown>>) : undefined
  } catch {
    // Not even JSON: no acknowledgement either.
    return undefined
  }
}
