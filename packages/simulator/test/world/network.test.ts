import { VirtualClock } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { Host } from '../../src/world/host.ts'
import { Network, type Weather } from '../../src/world/network.ts'

const CALM: Weather = { latencyMs: [1, 1], slowPerMille: 0, slowMs: 1, lostRequestPerMille: 0, lostAnswerPerMille: 0 }

function network(queue: Partial<Weather> = {}) {
  const clock = new VirtualClock()
  const host = new Host('controller0', clock)
  const weather = { queue: { ...CALM, ...queue }, records: CALM, entities: CALM, limits: CALM }
  return { clock, host, net: new Network(clock, 1, weather) }
}

/** What came of a call, and how often it was done. */
async function outcomeOf({ clock, host, net }: ReturnType<typeof network>, meanwhile = (): void => undefined) {
  let done = 0
  const outcome = net
    .call(host, 'queue', () => ++done)
    .then(
      () => 'answered',
      (error: { readonly code: string }) => error.code,
    )
  await clock.advance(1)
  meanwhile()
  await clock.advance(10_000)
  return [await Promise.race([outcome, Promise.resolve('nothing')]), done]
}

describe('a call over the simulated network', () => {
  it('is answered', async () => {
    expect(await outcomeOf(network())).toEqual(['answered', 1])
  })

  it('is not done when it is lost on the way there', async () => {
    expect(await outcomeOf(network({ lostRequestPerMille: 1_000 }))).toEqual(['ERR_UNAVAILABLE', 0])
  })

  it('was done when it is lost on the way back, and the caller cannot tell', async () => {
    expect(await outcomeOf(network({ lostAnswerPerMille: 1_000 }))).toEqual(['ERR_UNAVAILABLE', 1])
  })

  it('does not arrive where the member is cut off, or the service is down', async () => {
    const cut = network()
    cut.net.setCut('controller0', 'queue', true)
    expect(await outcomeOf(cut)).toEqual(['ERR_UNAVAILABLE', 0])
    const down = network()
    down.net.setDown('queue', true)
    expect(await outcomeOf(down)).toEqual(['ERR_UNAVAILABLE', 0])
    down.net.setDown('queue', false)
    expect(await outcomeOf(down)).toEqual(['answered', 1])
  })

  it('comes to nothing when the process dies before the answer', async () => {
    const parts = network({ latencyMs: [5, 5] })
    expect(await outcomeOf(parts, () => parts.host.kill())).toEqual(['nothing', 1])
  })
})
