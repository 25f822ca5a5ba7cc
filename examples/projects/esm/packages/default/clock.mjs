import { setTimeout } from 'node:timers/promises'

const started = await setTimeout(1, Date.now())

export function main({ zone = 'UTC' }) {
  return { started, time: new Date().toLocaleTimeString('en-GB', { timeZone: zone }) }
}
