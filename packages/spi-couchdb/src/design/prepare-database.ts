import { isPlatformError, PlatformError, type Logger } from '@stemcell/core'
import nano from 'nano'
import { Refused, type CouchClient } from '../http/couch-client.ts'
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
    const server = await administration(client)
    if (isNew) {
      if (readonlyDesign) throw refused(`database '${name}' does not exist`)
      await createDatabase(server, client, name)
      logger.info({ database: name }, 'database created')
    }
    for (const document of design.documents) {
      if (document.required || isNew) await prepareDesign(server.use(name), client, document, { name, ...parts })
    }
  } catch (error) {
    throw atOpening(error, name)
  }
}

/** nano does what happens once; requests that are frequent go past it. */
async function administration(client: CouchClient): Promise<nano.ServerScope> {
  const node = client.currentNode
  const headers = await node.authentication(new AbortController().signal)
  const configuration = { url: node.baseUrl, parseUrl: false, headers, agentOptions: node.pool }
  return nano(configuration as unknown as nano.Configuration)
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

async function createDatabase(server: nano.ServerScope, client: CouchClient, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await server.db.create(name)
      return
    } catch (error) {
      const status = statusOf(error)
      // Somebody else was quicker.
      if (status === 412) return
      // To some of those who make it at the same time CouchDB says 500: github.com/apache/couchdb/issues/2073
      if (status === undefined || status < 500 || attempt === ATTEMPTS) throw error
      if (await isThere(client, name)) return
      await client.pause(attempt)
    }
  }
}

async function prepareDesign(
  database: nano.DocumentScope<unknown>,
  client: CouchClient,
  wanted: DesignDocument,
  { name: databaseName, readonlyDesign, logger }: Omit<Preparation, 'design'>,
): Promise<void> {
  const id = `_design/${wanted.name}`
  for (let attempt = 1; ; attempt++) {
    const stored = await readDesign(database, id)
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
    if (readonlyDesign) throw refused(`${place} lacks ${lacks}`)
    try {
      await database.insert({ ...verdict.document, _id: id } as nano.MaybeDocument)
      logger.info({ database: databaseName, design: wanted.name, lacked: lacks }, 'design document written')
      return
    } catch (error) {
      const status = statusOf(error)
      // 404: of a new database another node may not know yet.
      if ((status !== 409 && status !== 404) || attempt === ATTEMPTS) throw error
      if (status === 404) await client.pause(attempt)
    }
  }
}

async function readDesign(database: nano.DocumentScope<unknown>, id: string): Promise<StoredDesign | undefined> {
  try {
    return { ...(await database.get(id)) }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

function refused(problem: string): PlatformError {
  const fix = 'run `stemcell admin db migrate` with an account that may make it, or set readonlyDesign to false'
  return new PlatformError('ERR_CONFIG', `@stemcell/spi-couchdb: ${problem}: ${fix}`)
}

/** Errors of nano, and refused credentials, as an operator reads them. nano's own text may hold what was sent. */
function atOpening(error: unknown, database: string): unknown {
  const status = isPlatformError(error) && error.cause instanceof Refused ? error.cause.status : statusOf(error)
  if (status === 401 || status === 403) {
    const problem = `database '${database}': the server refuses the account (${status})`
    const fix = 'check username and password; what is missing there only an administrator may make'
    return new PlatformError('ERR_CONFIG', `@stemcell/spi-couchdb: ${problem}: ${fix}`)
  }
  if (isPlatformError(error)) return error
  const said = status === undefined ? 'does not answer' : `answers ${status}`
  return new PlatformError('ERR_UNAVAILABLE', `database '${database}': CouchDB ${said} while it is prepared`)
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined
}
