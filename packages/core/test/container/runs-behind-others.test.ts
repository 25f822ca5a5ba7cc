import { describe, expect, it, onTestFinished } from 'vitest'
import { isPlatformError, SystemClock, type CallOptions, type ErrorCode } from '@stemcell/core'
import { FrameFlag, FrameType, NegotiatingRuntimeClient } from '@stemcell/core/runtime-client'
import { FrameServer, type Received } from './frame-server.ts'

const OPTIONS = { timeoutMs: 5_000, maxReplyBytes: 1_000, truncateAtBytes: 100 }

class Bench {
  /** Runs, until the test answers them. */
  readonly runs: Received[] = []
  readonly cancelled: number[] = []
  readonly begun: string[] = []
  readonly server: FrameServer = new FrameServer((frame) => {
    if (frame.type === FrameType.cancel) this.cancelled.push(frame.call)
    else this.runs.push(frame)
  })
  client!: NegotiatingRuntimeClient

  async open(): Promise<this> {
    await this.server.listen()
    this.client = new NegotiatingRuntimeClient({ endpoint: this.server, maxConcurrent: 1, clock: new SystemClock() })
    onTestFinished(() => this.client.close())
    await this.client.waitReady(5_000)
    return this
  }

  run(name: string, options: Partial<CallOptions> = {}): Promise<string> {
    return this.client.run(JSON.stringify({ name }), { ...OPTIONS, ...options }).then(
      ({ body }) => body,
      (error: unknown) => {
        if (!isPlatformError(error)) throw error
        return error.code satisfies ErrorCode
      },
    )
  }

  behind(name: string, options: Partial<CallOptions> = {}): Promise<string> {
    return this.run(name, { behind: () => void this.begun.push(name), ...options })
  }

  /** Waits for so many runs. */
  async arrived(count: number): Promise<void> {
    await expect.poll(() => this.runs.length).toBe(count)
  }
}

describe('a run that is sent behind others', () => {
  it('is told when it can begin, which is when the last one before it has ended', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b'), bench.behind('c')]
    await bench.arrived(3)
    expect(bench.begun).toEqual([])
    bench.runs[0]!.send('"a"')
    await all[0]
    expect(bench.begun).toEqual(['b'])
    bench.runs[1]!.send('"b"')
    await all[1]
    expect(bench.begun).toEqual(['b', 'c'])
    bench.runs[2]!.send('"c"')
    expect(await Promise.all(all)).toEqual(['"a"', '"b"', '"c"'])
  })

  it('begins at once when there is nothing before it', async () => {
    const bench = await new Bench().open()
    const alone = bench.behind('a', { timeoutMs: 30 })
    expect(await alone).toBe('ERR_TIMEOUT')
    expect(bench.begun).toEqual([])
  })

  it('has its time from when it begins', async () => {
    const bench = await new Bench().open()
    const first = bench.run('a')
    const second = bench.behind('b', { timeoutMs: 50 })
    await bench.arrived(2)
    // Longer than the second may take.
    const waited = performance.now() + 150
    await expect.poll(() => performance.now() > waited).toBe(true)
    bench.runs[0]!.send('"a"')
    expect(await first).toBe('"a"')
    expect(await second).toBe('ERR_TIMEOUT')
    expect(bench.begun).toEqual(['b'])
  })

  it('does not begin for the client because the one before it took too long; its late result says so', async () => {
    const bench = await new Bench().open()
    const first = bench.run('a', { timeoutMs: 30 })
    const second = bench.behind('b')
    expect(await first).toBe('ERR_TIMEOUT')
    expect(bench.begun).toEqual([])
    bench.runs[0]!.send('"late"')
    await expect.poll(() => bench.begun).toEqual(['b'])
    bench.runs[1]!.send('"b"')
    expect(await second).toBe('"b"')
  })

  it('comes back when it is asked back before it began, and the others go on', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b'), bench.behind('c')]
    await bench.arrived(3)
    // Not even sent yet.
    all.push(bench.behind('d'))
    bench.client.recall()
    bench.client.recall()
    expect(await all[3]).toBe('ERR_RECALLED')
    await expect.poll(() => bench.cancelled).toEqual(bench.runs.slice(1).map(({ call }) => call))
    // The runtime had begun the second one before it read that.
    bench.runs[2]!.send('{"error":"not begun"}', { detail: 499 })
    bench.runs[0]!.send('"a"')
    bench.runs[1]!.send('"b"')
    expect(await Promise.all(all)).toEqual(['"a"', '"b"', 'ERR_RECALLED', 'ERR_RECALLED'])
    expect(bench.begun).toEqual(['b'])
    expect(bench.client.pending).toBe(0)
  })

  it('is behind the next one before it when that one comes back', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b'), bench.behind('c')]
    await bench.arrived(3)
    bench.runs[1]!.send('{"error":"not begun"}', { detail: 499 })
    expect(await all[1]).toBe('ERR_NOT_REACHED')
    expect(bench.begun).toEqual([])
    bench.runs[0]!.send('"a"')
    await expect.poll(() => bench.begun).toEqual(['c'])
    bench.runs[2]!.send('"c"')
    expect(await Promise.all(all)).toEqual(['"a"', 'ERR_NOT_REACHED', '"c"'])
  })
})

describe('when the runtime ends', () => {
  it('those that had not begun are known not to have been reached', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b'), bench.behind('c')]
    await bench.arrived(3)
    bench.runs[0]!.send('"a"')
    bench.runs[0]!.socket.end()
    expect(await Promise.all(all)).toEqual(['"a"', 'ERR_CONNECTION_LOST', 'ERR_NOT_REACHED'])
  })

  it('what it said last is read although it takes nothing any more', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b')]
    await bench.arrived(2)
    // Before the client sends, and before it reads.
    setImmediate(() => {
      bench.runs[0]!.send('"a"')
      bench.runs[0]!.socket.destroy()
    })
    all.push(bench.behind('c'), bench.behind('d'))
    expect(await Promise.all(all)).toEqual(['"a"', 'ERR_CONNECTION_LOST', 'ERR_NOT_REACHED', 'ERR_NOT_REACHED'])
  })

  it('within a result, none of them is known not to have begun', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b')]
    await bench.arrived(2)
    bench.runs[0]!.send('"a', { length: 10 })
    bench.runs[0]!.socket.end()
    expect(await Promise.all(all)).toEqual(['ERR_CONNECTION_LOST', 'ERR_CONNECTION_LOST'])
  })

  it('what it said last is read, also by a client that is being closed', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b'), bench.behind('c')]
    await bench.arrived(3)
    // A container's end and its removal each close the client.
    const closed = Promise.all([bench.client.close(), bench.client.close()])
    expect(await bench.run('late')).toBe('ERR_NOT_REACHED')
    bench.runs[0]!.send('"a"', { flags: FrameFlag.brief })
    bench.runs[0]!.socket.end()
    expect(await Promise.all(all)).toEqual(['"a"', 'ERR_CONNECTION_LOST', 'ERR_NOT_REACHED'])
    await closed
  })

  it('never, a client that is closed gives up after a while', async () => {
    const bench = await new Bench().open()
    const all = [bench.run('a'), bench.behind('b')]
    await bench.arrived(2)
    await bench.client.close()
    expect(await Promise.all(all)).toEqual(['ERR_CONNECTION_LOST', 'ERR_CONNECTION_LOST'])
  })
})
