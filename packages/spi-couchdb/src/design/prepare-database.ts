import { isPlatformError, PlatformError, type Logger } from '@stemcell/core'
import { errorOf, Refused, type CouchClient } from '../http/couch-client.ts'
import type { CouchReply } from '../http/couch-node.ts'
import type { DatabaseDesign, DesignDocument } from './database-design.ts'
import { compareDesign, newDesign, type StoredDesign } from './compare-design.ts'

/** Others may prepare the same database at the same time. */
const ATTEMPTS = 10

export interface Preparation {
  readonly name: string
  readonly design: DatabaseDesign
  readonly readonlyDesign: boolean
  readonly logger: Logger
}

/**
 * Makes the database and its design documents where they are missing, and brings those that were made here up to date.
 * With `readonlyDesign` nothing is written.
 * @throws ERR_CONFIG      the credentials are refused; something is missing that may not be made, or a newer version
 *                         wrote it.
 * @throws ERR_UNAVAILABLE no node answers.
 */
export async function prepareDatabase(client: CouchClient, { name, design, ...parts }: Preparation): Promise<void> {
  const { readonlyDesign, logger } = parts
  try {
    const isNew = !(await isThere(client, name))
    if (isNew) {
      if (readonlyDesign) throw refused(`database '${name}' does not exist`)
      await createDatabase(client, name)
      logger.info({ database: name }, 'database created')
    }
    for (const document of design.documents) {
      if (document.required || isNew) await prepareDesign(client, document, { name, ...parts })
    }
  } catch (error) {
    throw atOpening(error, name)
  }
}

/** @throws ERR_CONFIG it is one whose documents need other ids. */
async function isThere(client: CouchClient, name: string): Promise<boolean> {
  const reply = await client.send({ method: 'GET', path: `/${encodeURIComponent(name)}`, repeatable: true })
  if (reply.status === 404) return false
  if (reply.status === 200 && isPartitioned(reply)) {
    throw new PlatformError(
      'ERR_CONFIG',
      `@stemcell/spi-couchdb: database '${name}' is partitioned, which wants other ids: name one that is not`,
    )
  }
  return true
}

function isPartitioned({ body }: CouchReply): boolean {
  const { props } = JSON.parse(body.toString('utf8')) as { readonly props?: { readonly partitioned?: boolean } }
  return props?.partitioned === true
}

async function createDatabase(client: CouchClient, name: string): Promise<void> {
  try {
    const reply = await client.send({ method: 'PUT', path: `/${encodeURIComponent(name)}`, repeatable: true })
    // 412: somebody else was quicker, or this one was when it was sent for the first time.
    if (reply.status >= 300 && reply.status !== 412) throw unexpected(reply, name)
  } catch (error) {
    // To some of those who make it at the same time CouchDB says 500: github.com/apache/couchdb/issues/2073
    if (isAccountRefused(error) || !(await isThere(client, name))) throw error
  }
}

async function prepareDesign(
  client: CouchClient,
  wanted: DesignDocument,
  { name: databaseName, readonlyDesign, logger }: Omit<Preparation, 'design'>,
): Promise<void> {
  const path = `/${encodeURIComponent(databaseName)}/_design/${encodeURIComponent(wanted.name)}`
  for (let attempt = 1; ; attempt++) {
    const stored = await readDesign(client, path, databaseName)
    if (stored && !wanted.required) return
    const verdict = wanted.required
      ? compareDesign(wanted, stored)
      : ({ state: 'outdated', lacks: ['everything'], document: newDesign(wanted) } as const)
    if (verdict.state === 'fits') return
    const place = `database '${databaseName}': design document ${wanted.name}`
    if (verdict.state === 'newer') {
      throw refused(`${place} was written by a newer version (design ${verdict.version}); use that version`)
    }
    const lacks = verdict.lacks.join(', ')
    if (readonlyDesign) {
      if (!wanted.spared) throw refused(`${place} lacks ${lacks}`)
      logger.info({ database: databaseName, design: wanted.name }, 'not there: counting takes longer without it')
      return
    }
    const body = JSON.stringify({ ...verdict.document, _id: `_design/${wanted.name}` })
    // When it was written and the answer was lost, the conflict leads back to what is there.
    const reply = await client.send({ method: 'PUT', path, body, repeatable: true })
    if (reply.status < 300) {
      logger.info({ database: databaseName, design: wanted.name, lacked: lacks }, 'design document written')
      return
    }
    // 404: of a new database another node may not know yet.
    if ((reply.status !== 409 && reply.status !== 404) || attempt === ATTEMPTS) throw unexpected(reply, databaseName)
    if (reply.status === 404) await client.pause(attempt)
  }
}

async function readDesign(client: CouchClient, path: string, database: string): Promise<StoredDesign | undefined> {
  const reply = await client.send({ method: 'GET', path, repeatable: true })
  if (reply.status === 404) return undefined
  if (reply.status >= 300) throw unexpected(reply, database)
  return JSON.parse(reply.body.toString('utf8')) as StoredDesign
}

function refused(problem: string): PlatformError {
  const fix = 'run `stemcell admin db migrate` with an account that may make it, or set readonlyDesign to false'
  return new PlatformError('ERR_CONFIG', `@stemcell/spi-couchdb: ${problem}: ${fix}`)
}

function unexpected(reply: CouchReply, database: string): PlatformError {
  const { error, reason } = errorOf(reply)
  const said = `CouchDB answers ${reply.status} ${error}: ${reason} while it is prepared`
  return new PlatformError('ERR_UNAVAILABLE', `database '${database}': ${said}`, { cause: new Refused(reply.status) })
}

function isAccountRefused(error: unknown): boolean {
  if (!isPlatformError(error) || !(error.cause instanceof Refused)) return false
  return error.cause.status === 401 || error.cause.status === 403
}

/** Refused credentials as an operator reads them. */
function atOpening(error: unknown, database: string): unknown {
  if (!isAccountRefused(error)) return error
  const { status } = (error as PlatformError).cause as Refused
  const problem = `database '${database}': the server refuses the account (${status})`
  const fix = 'check username and password; what is missing there only an administrator may make'
  return new PlatformError('ERR_CONFIG', `@stemcell/spi-couchdb: ${problem}: ${fix}`)
}
