#!/usr/bin/env node
import { ActionHost } from './action-host.ts'
import { ActivationScope } from './activation-scope.ts'
import { onEscapedError } from './escaped-errors.ts'
import { Leftovers } from './leftovers.ts'
import { offerGc } from './offer-gc.ts'
import { errorReport } from './reply.ts'
import { openLog, optionsOrExit, serve } from './serve.ts'
import { replaceStdio } from './stdio.ts'

// This file becomes a CommonJS program, which starts quicker; actions are to find no main module all the same.
Reflect.set(process, 'mainModule', undefined)

const options = optionsOrExit(process.argv.slice(2))
const scope = new ActivationScope()
const log = openLog(options, scope)
replaceStdio((fd, bytes) => log.write(fd, bytes))
const host = new ActionHost(scope, log, new Leftovers(), options.logToken !== undefined)

offerGc()
onEscapedError(escaped)
process.on('exit', () => host.abandon())
serve(host, options)

/** Nothing caught this. One call can answer for it; otherwise nobody knows what state the action is in. */
function escaped(error: unknown): void {
  process.stderr.write(`${errorReport(error)}\n`)
  const culprit = host.culprit()
  if (culprit) host.fail(culprit, error)
  else process.exit(1)
}
