import { readConfig } from '../config/read-config.ts'
import { DataFolder } from '../standalone/data-folder.ts'
import type { AdminCommand } from './admin-command.ts'
import type { AdminPlace } from './admin-program.ts'
import { askServer } from './ask-server.ts'
import { execute } from './execute.ts'
import type { PrintLine } from './print-line.ts'
import { StoresTarget } from './stores-target.ts'

/**
 * Executes a command in the server that holds the data folder or, when none runs, on the stores themselves; controllers
 * that share them are told.
 * @throws AdministrationError it is refused; the message is for the operator.
 */
export async function runAdminCommand(command: AdminCommand, place: AdminPlace, print: PrintLine): Promise<void> {
  const config = readConfig(place.config, place.data === undefined ? {} : { data: place.data })
  if (await askServer(new DataFolder(config.data).adminSocket, command, print)) return
  if (command.do === 'db init') new DataFolder(config.data).prepare()
  const stores = new StoresTarget(config, { create: command.do === 'db init' })
  try {
    try {
      await execute(command, stores, print)
    } finally {
      // Also of what was changed before the command failed.
      await stores.announce()
    }
  } finally {
    await stores.close()
  }
}
