import { acquisitions } from './acquisitions.mjs'
import { decisions } from './decisions.mjs'

const FEW = 10
const MANY = 1_000

/** How containers are had, beside the same calls on the factory itself; and what deciding that costs in a full pool. */
export async function pool() {
  const times = await acquisitions()
  const few = await decisions(FEW)
  const many = await decisions(MANY)
  const row = (name, ms) => ({ name, values: { 'p50 ms': ms } })
  const added = (how, target) => {
    const value = times[how].invoker - times[how].floor
    return { name: `${how} over the factory's own, ms`, value, target: `<= ${target}`, met: value <= target }
  }
  const cost = (what) => {
    const value = many[what] / few[what]
    return { name: `${what}: cost at ${MANY} idle containers / at ${FEW}`, value, target: '<= 3', met: value <= 3 }
  }
  return {
    columns: ['p50 ms', `µs at ${FEW}`, `µs at ${MANY}`],
    rows: [
      ...Object.entries(times).flatMap(([how, { calls, floor, invoker }]) => [
        row(`floor: ${calls}`, floor),
        row(`invoker: ${how}`, invoker),
      ]),
      ...Object.keys(few).map((what) => ({
        name: `decision: ${what}`,
        values: { [`µs at ${FEW}`]: few[what], [`µs at ${MANY}`]: many[what] },
      })),
    ],
    ratios: [
      added('hot', 0.3),
      added('resumed', 1),
      added('stemcell', 3),
      added('cold', 15),
      ...Object.keys(few).map(cost),
    ],
  }
}
