#!/usr/bin/env node
import { type Activation, openLog, optionsOrExit, serve } from '@stemcell/runtime-nodejs/kit'
import { LoopHost } from './loop-host.ts'
import { readLoopOptions } from './loop-options.ts'

const { mode, rest, ...settings } = settingsOrExit()
const options = optionsOrExit(rest)
const turn: { current: Activation | undefined } = { current: undefined }
const log = openLog(options, { owner: () => turn.current })
const host = new LoopHost(mode, settings, turn, log)

process.on('exit', () => host.abandon())
serve(host, options)

function settingsOrExit(): ReturnType<typeof readLoopOptions> {
  try {
    return readLoopOptions(process.argv.slice(2), process.env)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(2)
  }
}
