// The real components that tests need: `npm run services -- up|down|status [NAME …]`; without names, all of them.
import { join } from 'node:path'
import { services } from './services/index.mjs'
import { folderOf, forget, isRunning, readState, servicesRoot, stop, writeState } from './services/service.mjs'

const commands = {
  async up(service) {
    const running = readState(service.name)
    if (running && (await service.answers(running, folderOf(service.name)))) {
      await service.refresh?.(running, folderOf(service.name))
      return console.log(`${service.name} is up`)
    }
    if (running) await commands.down(service)
    const started = Date.now()
    const state = await service.up(folderOf(service.name))
    writeState(service.name, state)
    console.log(`${service.name} is up after ${Date.now() - started} ms: ${describe(state)}`)
  },
  async down(service) {
    const state = readState(service.name)
    if (!state && !remains(service)) return
    if (state) await stop(state)
    await service.down?.(state, folderOf(service.name))
    forget(service.name)
    console.log(`${service.name} is down`)
  },
  async status(service) {
    const state = readState(service.name)
    const left = 'but left something on this machine, which `down` removes'
    if (!state) return console.log(`${service.name} is down${remains(service) ? `, ${left}` : ''}`)
    const answers = await service.answers(state, folderOf(service.name))
    if (!answers) process.exitCode = 1
    const process_ = state.pid !== undefined && !isRunning(state) ? 'its process is gone' : 'does not answer'
    console.log(`${service.name} ${answers ? 'is up' : process_}: ${describe(state)}`)
  },
}

const remains = (service) => service.remains?.(join(servicesRoot, service.name)) ?? false

const describe = ({ env }) =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

const [command = '', ...names] = process.argv.slice(2)
const unknown = names.filter((name) => !services.some((service) => service.name === name))
if (!Object.hasOwn(commands, command) || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no service is called ${unknown.join(', ')}`)
  console.error(`usage: npm run services -- up|down|status [${services.map(({ name }) => name).join('|')} …]`)
  process.exit(2)
}
for (const service of services) {
  if (names.length > 0 && !names.includes(service.name)) continue
  try {
    await commands[command](service)
  } catch (err) {
    console.error(`${service.name}: ${err.message}`)
    process.exitCode = 1
  }
}
