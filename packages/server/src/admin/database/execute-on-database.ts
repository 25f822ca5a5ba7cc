import { ENTITY_INDEXES, SUBJECT_INDEXES } from '@stemcell/core'
import type { AdminCommand } from '../admin-command.ts'
import type { AdminTarget } from '../admin-target.ts'
import type { PrintLine } from '../print-line.ts'
import { checkDatabase } from './check-database.ts'
import { dumpDatabase } from './dump-database.ts'
import { exportDatabase } from './export-database.ts'
import { importDatabase } from './import-database.ts'

export type DatabaseCommand = Extract<AdminCommand, { readonly do: `db ${string}` }>

export function isDatabaseCommand(command: AdminCommand): command is DatabaseCommand {
  return command.do.startsWith('db ')
}

/** The commands that take the stores as a whole. @throws AdministrationError */
export async function executeOnDatabase(
  command: DatabaseCommand,
  target: AdminTarget,
  print: PrintLine,
): Promise<void> {
  switch (command.do) {
    case 'db get':
      return dumpDatabase(command.database, command.documents, target, print)
    case 'db init':
      return openAll(target, print)
    case 'db migrate':
      await openAll(target, print)
      return readIndexes(target, print)
    case 'db check':
      return checkDatabase(target, print)
    case 'db repair':
      return repairEmbedded(target, print)
    case 'db export':
      return exportDatabase(target, command.file, print)
    case 'db import':
      return importDatabase(target, command.file, { overwrite: command.overwrite }, print)
  }
}

/** A store that opens has what it needs, in the form of this version. */
async function openAll(target: AdminTarget, print: PrintLine): Promise<void> {
  await target.subjects()
  await print('subjects: ready')
  await target.entities()
  await print('whisks: ready')
  await target.activations()
  await print('activations: ready')
}

/** What is lost is named, and is no failure: there is nothing left to be done about it. */
async function repairEmbedded(target: AdminTarget, print: PrintLine): Promise<void> {
  const { documents, activations, lost } = await target.repairEmbedded()
  for (const what of lost) await print(`lost: ${what}`)
  await print(`kept: ${documents} documents, ${activations} activation records`)
}

/** Stores that make an index on its first use make it now. */
async function readIndexes(target: AdminTarget, print: PrintLine): Promise<void> {
  const [subjects, entities, activations] = [
    await target.subjects(),
    await target.entities(),
    await target.activations(),
  ]
  for (const { name: index } of SUBJECT_INDEXES) await subjects.list({ index, partition: '', limit: 1 })
  for (const { name: index } of ENTITY_INDEXES) {
    await entities.list({ index, partition: '', limit: 1 })
    // What is counted may have an index of its own.
    await entities.count({ index, partition: '' })
  }
  for (const query of [{ namespace: '' }, { namespace: '', name: '' }]) {
    await activations.list({ ...query, skip: 0, limit: 1, full: false })
    await activations.count(query)
  }
  await print('indexes: up to date')
}
