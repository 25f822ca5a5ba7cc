import { describe, expect, it } from 'vitest'
import { PoolBench } from '../fakes/pool-bench.ts'
import type { ScriptedJob } from '../fakes/scripted-job.ts'

function withdraw({ pool }: PoolBench, job: ScriptedJob): void {
  expect(job.withdraw()).toBe(true)
  pool.withdraw(job)
}

/** Everything ends, and then nothing is taken or waited for. */
async function emptied(bench: PoolBench): Promise<void> {
  await bench.untilEnded(...bench.jobs)
  const closed = bench.pool.close()
  await bench.clock.advance(1_000)
  await closed
  expect(bench.pool.gauges).toMatchObject({ usedMb: 0, leavingMb: 0, busy: 0, idle: 0, starting: 0, waiting: 0 })
}

describe('a job that is withdrawn', () => {
  it('while there is no room leaves its place to the next', async () => {
    const bench = await new PoolBench({ memoryMb: 128 }).open()
    bench.submit({ key: 'a', runMs: 1_000 })
    const [withdrawn, next] = [bench.submit({ key: 'b' }), bench.submit({ key: 'c' })]
    await bench.clock.advance(500)
    withdraw(bench, withdrawn)
    expect(bench.pool.gauges.waiting).toBe(1)
    await bench.untilEnded(next)
    expect([withdrawn.containers, bench.specs.map(({ labels }) => labels['action'])]).toEqual([[], ['a', 'c']])
    await emptied(bench)
  })

  it('gives back the room that was promised to it', async () => {
    const bench = await new PoolBench({ memoryMb: 256 }).open()
    await bench.run({ key: 'small' })
    const other = bench.submit({ key: 'other', runMs: 60_000 })
    await bench.clock.advance(200)
    const large = bench.submit({ key: 'large', memoryMb: 256 })
    for (let count = 0; count < 16; count++) await bench.run({ key: 'small' })
    const held = bench.submit({ key: 'small' })
    await bench.clock.advance(1_000)
    expect([large.acquisitions, held.acquisitions]).toEqual([[], []])
    withdraw(bench, large)
    await bench.clock.advance(200)
    expect([held.ends, other.ended]).toEqual([['kept'], false])
    await emptied(bench)
  })

  it('while the limit of instances holds it back lets the next of its action go', async () => {
    const bench = await new PoolBench().open()
    const [, withdrawn, next] = [1_000, 10, 10].map((runMs) => bench.submit({ maxContainers: 1, runMs }))
    await bench.clock.advance(200)
    withdraw(bench, withdrawn!)
    await bench.untilEnded(next!)
    expect([withdrawn!.containers, next!.ends]).toEqual([[], ['kept']])
    await emptied(bench)
  })

  it('while it waits for room lets one go that the limit of instances held back behind it', async () => {
    const bench = await new PoolBench({ memoryMb: 128 }).open()
    bench.submit({ key: 'other', runMs: 1_000 })
    const [withdrawn, next] = [0, 1].map(() => bench.submit({ maxContainers: 1 }))
    await bench.clock.advance(500)
    withdraw(bench, withdrawn!)
    await bench.untilEnded(next!)
    expect(next!.ends).toEqual(['kept'])
    await emptied(bench)
  })

  it('while it waits patiently for a container that is busy is not given to it', async () => {
    const bench = await new PoolBench().open()
    for (let count = 0; count < 3; count++) await bench.run({ runMs: 20 })
    const first = bench.submit({ runMs: 20 })
    const patient = bench.submit({ runMs: 20 })
    expect(bench.pool.gauges).toMatchObject({ waiting: 1, starting: 0 })
    withdraw(bench, patient)
    expect(bench.pool.gauges.waiting).toBe(0)
    await bench.untilEnded(first)
    expect(patient.containers).toEqual([])
    await emptied(bench)
  })

  it('while its container starts costs that container, and goes on for the others in it', async () => {
    const bench = await new PoolBench().open()
    const script = { maxConcurrent: 2 }
    const [withdrawn, other] = [bench.submit(script), bench.submit(script)]
    await bench.clock.advance(50)
    withdraw(bench, withdrawn)
    await bench.untilEnded(other)
    expect([withdrawn.containers, other.ends, bench.specs.length]).toEqual([[], ['kept'], 2])
    await emptied(bench)
  })

  it('while its container is resumed leaves it to others', async () => {
    const bench = await new PoolBench({ behaviour: { resume: () => ({ delayMs: 100 }) } }).open()
    await bench.run()
    await bench.clock.advance(20_000)
    const withdrawn = bench.submit()
    expect(withdrawn.how).toBe('resumed')
    withdraw(bench, withdrawn)
    await bench.clock.advance(200)
    expect([withdrawn.containers, bench.pool.gauges.busy, bench.pool.gauges.idle]).toEqual([[], 0, 1])
    expect((await bench.run()).how).toBe('hot')
    await emptied(bench)
  })
})
