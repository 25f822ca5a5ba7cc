import { parseOptions, PlatformError } from '@stemcell/core'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from '@stemcell/core/schema'
import { Credentials } from './http/credentials.ts'

const NAME = '@stemcell/spi-couchdb'
const MB = 1024 ** 2

const serverUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })
/** Said where there is none, or a malformed one. */
export const SERVER_NEEDED = 'name the server by an http or https URL, or its nodes by a list of them'

const databaseName = z.string().regex(/^[a-z][a-z0-9_$()+/-]*$/, 'must be a database name of CouchDB')

const spill = z.strictObject({
  /** Made when it is missing. Relative to the working directory. Each process needs one of its own. */
  dir: z.string().min(1),
  maxBytes: z
    .int()
    .min(MB)
    .default(256 * MB),
  /** Longest wait for the server, ms: then records go to the disk, and others follow at once. */
  afterMs: z.int().min(1).default(2_000),
})

const SPILL_RULE = `must be false, or name a folder as spill.dir, and spill.maxBytes of at least ${MB}, spill.afterMs of at least 1 if any`

/** The same without a server's address, which `COUCHDB_URL` may give in a configuration file's place. */
const optionShape = {
  /** The server, or the nodes of one cluster: the next is used when one does not answer. May hold name and password. */
  url: z.union([serverUrl, z.array(serverUrl).min(1)], { error: SERVER_NEEDED }),
  username: z.string().min(1).optional(),
  password: z.string().min(1).meta({ secret: true }).optional(),
  /** `basic` sends the password with each request, `cookie` once per session. */
  auth: z.enum(['basic', 'cookie']).default('basic'),
  tls: z
    .strictObject({
      /** PEM file of the authorities that may have signed the server's certificate. */
      caFile: z.string().min(1).optional(),
      certFile: z.string().min(1).optional(),
      keyFile: z.string().min(1).optional(),
      /** False accepts any certificate: for trials only. */
      rejectUnauthorized: z.boolean().default(true),
    })
    .prefault({}),
  databases: z
    .strictObject({
      entities: databaseName.default('whisks'),
      subjects: databaseName.default('subjects'),
      activations: databaseName.default('activations'),
    })
    .prefault({}),
  /** Databases and design documents are never written, only checked. */
  readonlyDesign: z.boolean().default(false),
  /** Most connections that each store keeps to one node. */
  connections: z.int().min(1).default(16),
  connectTimeoutMs: z.int().min(1).default(5_000),
  /** Longest wait for one answer, ms. */
  requestTimeoutMs: z.int().min(1).default(30_000),
  /** How often a request is sent again that may be, before the store counts as unavailable. */
  retries: z.int().min(0).default(4),
  /** Of documents and of activation records. To be raised together with `[couchdb] max_document_size`. */
  maxDocumentBytes: z.int().min(MB).default(7_864_320),
  maxAttachmentBytes: z
    .int()
    .min(MB)
    .default(50 * MB),
  /** What retention does with activation records: `delete` leaves a small mark of each for ever. */
  removal: z.enum(['purge', 'delete']).default('purge'),
  /** Where activation records are kept while the server does not answer. Without it, `put` fails then. */
  spill: z.union([z.literal(false), spill], { error: SPILL_RULE }).optional(),
}

export const couchStoresOptions = z.strictObject(optionShape)

/** As a configuration file gives them. */
export const configuredOptions = z.strictObject({
  ...optionShape,
  url: optionShape.url.optional(),
  spill: z
    .union([z.literal(false), spill.extend({ dir: spill.shape.dir.optional() })], { error: SPILL_RULE })
    .optional(),
})

/** Options of a configuration file with the folder of the program that reads it, where they say nothing else. */
export function withFolder(
  { spill: given, url = '', ...others }: z.output<typeof configuredOptions>,
  folder: string | undefined,
): CouchStoresOptions {
  const dir = given === false ? undefined : (given?.dir ?? folder)
  return { ...others, url, ...(dir === undefined ? {} : { spill: { ...given, dir } }) }
}

export type CouchStoresOptions = z.input<typeof couchStoresOptions>

export interface CouchSettings extends Readonly<
  Omit<z.output<typeof couchStoresOptions>, 'url' | 'username' | 'password' | 'auth' | 'tls'>
> {
  /** Without credentials. */
  readonly nodes: readonly URL[]
  readonly credentials: Credentials | undefined
  readonly tls: TlsSettings
}

export interface TlsSettings {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized: boolean
}

/** @throws ERR_CONFIG names each option that is wrong and its rule, never its value. */
export function parseCouchOptions(options: unknown): CouchSettings {
  const { url, username, password, auth, tls, spill, ...rest } = parseOptions(NAME, couchStoresOptions, options)
  const urls = (typeof url === 'string' ? [url] : url).map((text) => new URL(text))
  const inUrl = urls.find((node) => node.username !== '' || node.password !== '')
  const name = username ?? (inUrl && decodeURIComponent(inUrl.username))
  const secret = password ?? (inUrl && decodeURIComponent(inUrl.password))
  if ((name === undefined || name === '') !== (secret === undefined || secret === '')) {
    throw refused('username, password: give both, or none')
  }
  return {
    ...rest,
    ...(spill ? { spill: { ...spill, dir: resolve(spill.dir) } } : {}),
    nodes: urls.map(withoutCredentials),
    credentials: name && secret ? new Credentials(name, secret, auth) : undefined,
    tls: {
      rejectUnauthorized: tls.rejectUnauthorized,
      ...(tls.caFile === undefined ? {} : { ca: pem('tls.caFile', tls.caFile) }),
      ...(tls.certFile === undefined ? {} : { cert: pem('tls.certFile', tls.certFile) }),
      ...(tls.keyFile === undefined ? {} : { key: pem('tls.keyFile', tls.keyFile) }),
    },
  }
}

function withoutCredentials(url: URL): URL {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  plain.search = ''
  plain.hash = ''
  return plain
}

function pem(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new PlatformError('ERR_CONFIG', `@stemcell/spi-couchdb: ${option}: cannot be read (${code})`, { cause })
  }
}

function refused(problems: string): PlatformError {
  return new PlatformError('ERR_CONFIG', `${NAME}: ${problems}`)
}
