import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

interface FlowNode {
  readonly id: string
  readonly type: string
  readonly z?: string
  readonly x?: number
  readonly y?: number
  readonly service?: string
  readonly wires?: readonly (readonly string[])[]
}

const place = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
const flows = JSON.parse(readFileSync(place('flows.json'), 'utf8')) as readonly FlowNode[]
const isInstalled = existsSync(place('app/node_modules/node-red/red.js'))
if (!isInstalled) {
  process.stdout.write(
    'skipped Node-RED with its flows: it is not installed, npm run examples -- node-red installs it\n',
  )
}

it('the flows have every node that they name, and a place for each that is seen', () => {
  const ids = flows.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const named = flows.flatMap(({ z, service, wires = [] }) => [z ?? ids[0]!, service ?? ids[0]!, ...wires.flat()])
  expect(named.filter((id) => !ids.includes(id))).toEqual([])
  // One without a place is taken for settings that others share.
  const unplaced = flows.filter(({ z, x, y }) => z !== undefined && (x === undefined || y === undefined))
  expect(unplaced).toEqual([])
})

it.runIf(isInstalled)(
  'Node-RED invokes the action and fires the trigger',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [place('main.mjs'), '--check'])
    expect(stdout).toContain('ok: the flows invoked the action, and fired the trigger, whose rule ran it\n')
  },
  180_000,
)
