import { extname } from 'node:path'
import { parse, stringify } from 'yaml'
import { CommandEnd } from '../context.ts'
import { qualified } from '../project/model.ts'
import { operationsOf, type ApiListing, type ApiOperation } from '../project/server-state.ts'
import { createApi, NotAWebAction, type CreatedApi } from '../server/create-api.ts'
import type { ListFlags } from './action.ts'
import { checkArguments, usage, type Session, type SessionFlags } from './session.ts'
import { readText } from './values.ts'

export interface ApiCreateFlags extends SessionFlags {
  readonly apiname?: string
  readonly configFile?: string
  readonly responseType?: string
}

const VERBS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options'])
const RESPONSE_TYPES = new Set(['json', 'http', 'text', 'html', 'svg'])

export async function makeApi(session: Session, args: readonly string[], flags: ApiCreateFlags): Promise<void> {
  if (flags.configFile !== undefined) {
    checkArguments(args, 0, 0, 'With a configuration file no other arguments are taken.')
    return makeFromFile(session, flags.configFile)
  }
  checkArguments(
    args,
    3,
    4,
    'Specify a swagger file or specify an API base path with an API path, an API verb, and an action name.',
  )
  const [basePath = '', path = '', verb = '', action = ''] = args.length === 4 ? args : ['/', ...args]
  for (const [what, value] of [
    ['base path', basePath],
    ['path', path],
  ] as const) {
    if (!value.startsWith('/')) throw usage(`'${value}' must begin with '/': it is the ${what} of an API.`)
  }
  if (!VERBS.has(verb.toLowerCase())) {
    throw usage(`'${verb}' is not a valid API verb. Valid values are: ${[...VERBS].join(', ')}.`)
  }
  const { responseType = 'json', apiname } = flags
  if (!RESPONSE_TYPES.has(responseType)) {
    throw usage(`'${responseType}' is not a valid response type. Valid values are: ${[...RESPONSE_TYPES].join(', ')}.`)
  }
  const definition = {
    basePath,
    path,
    verb: verb.toLowerCase(),
    action: qualified(action),
    responseType,
    ...(apiname !== undefined && { title: apiname }),
  }
  const made = await attempt(session, 'Unable to create API', () => createApi(session.api, definition))
  const shown = `${basePath === '/' ? '' : basePath}${path}`
  session.ok(
    `created API ${session.bold(shown)} ${session.bold(verb.toUpperCase())} for action ${session.bold(qualified(action))}`,
    made,
  )
  if (!session.json) session.line(`${made.gwApiUrl}${path}`)
}

async function makeFromFile(session: Session, file: string): Promise<void> {
  const text = readText(file, session.context.cwd).toString('utf8')
  let swagger: string
  try {
    swagger = ['.yaml', '.yml'].includes(extname(file)) ? JSON.stringify(parse(text)) : JSON.stringify(JSON.parse(text))
  } catch (error) {
    throw usage(`Error parsing swagger file '${file}': ${(error as Error).message}`)
  }
  const made = await attempt(session, 'Unable to create API', () =>
    session.api.gateway<CreatedApi>('POST', 'createApi', { body: { apidoc: { namespace: '_', swagger } } }),
  )
  session.ok(`created API ${session.bold(made.apidoc.basePath)}`, made)
  if (!session.json) session.line(made.gwApiUrl)
}

async function attempt<T>(session: Session, what: string, doing: () => Promise<T>): Promise<T> {
  try {
    return await doing()
  } catch (error) {
    if (error instanceof NotAWebAction) throw new CommandEnd(1, `${what}: ${error.message}`)
    throw session.failure(what, error)
  }
}

export async function getApi(
  session: Session,
  args: readonly string[],
  flags: SessionFlags & { readonly format?: string },
): Promise<void> {
  checkArguments(args, 1, 1, 'An API base path or API name is required.')
  const [name = ''] = args
  const { apis } = await session.attempt('Unable to get API', () => listing(session, { basepath: name }))
  const found = apis[0]?.value.apidoc
  if (!found) throw new CommandEnd(1, `Unable to get API: API does not exist for basepath ${name}`)
  if (flags.format === 'yaml') session.line(stringify(found).trimEnd())
  else session.show(found)
}

export async function listApis(
  session: Session,
  args: readonly string[],
  flags: ListFlags & { readonly full?: boolean },
): Promise<void> {
  checkArguments(args, 0, 3, 'Optional parameters are: API base path (or API name), API relative path and operation.')
  const [base, path, verb] = args
  const { apis } = await session.attempt('Unable to obtain the API list', () =>
    listing(session, base === undefined ? {} : { basepath: base }),
  )
  const rows = apis.flatMap(({ value }) =>
    operationsOf(value.apidoc)
      .filter(
        (one) => (path === undefined || one.path === path) && (verb === undefined || one.verb === verb.toLowerCase()),
      )
      .map((one): Row => ({ ...one, url: `${value.gwApiUrl ?? ''}${one.path}` })),
  )
  const ordered = flags.nameSort === true ? rows.toSorted((a, b) => (a.title < b.title ? -1 : 1)) : rows
  const title = `${session.style.ok()} APIs`
  await session.list(
    apis.map(({ value }) => value),
    [title, ...(flags.full === true ? ordered.flatMap(fullRow) : apiTable(ordered))],
  )
}

interface Row extends ApiOperation {
  readonly url: string
}

function apiTable(rows: readonly Row[]): string[] {
  const width = (name: string, of: (row: Row) => string): number =>
    Math.max(name.length, ...rows.map((one) => of(one).length))
  const actions = width('Action', ({ action }) => action)
  const titles = width('API Name', ({ title }) => title)
  const line = (action: string, verb: string, title: string, url: string): string =>
    `${action.padEnd(actions)} ${verb.padStart(7)} ${title.padStart(titles)}  ${url}`
  return [
    line('Action', 'Verb', 'API Name', 'URL'),
    ...rows.map(({ action, verb, title, url }) => line(action, verb, title, url)),
  ]
}

function fullRow({ action, verb, basePath, path, title, url }: Row): string[] {
  return [
    `Action: ${action}`,
    `  API Name: ${title}`,
    `  Base path: ${basePath}`,
    `  Path: ${path}`,
    `  Verb: ${verb}`,
    `  URL: ${url}`,
  ]
}

export async function deleteApi(session: Session, args: readonly string[]): Promise<void> {
  checkArguments(
    args,
    1,
    3,
    'An API base path or an API name is required. An optional API relative path and operation may also be provided.',
  )
  const [base = '', path, verb] = args
  const qs = {
    basepath: base,
    ...(path !== undefined && { relpath: path }),
    ...(verb !== undefined && { operation: verb }),
  }
  await session.attempt('Unable to delete API', () => session.api.gateway('DELETE', 'deleteApi', { qs }))
  const { bold } = { bold: (text: string) => session.bold(text) }
  if (path === undefined) session.ok(`deleted API ${bold(base)}`, {})
  else if (verb === undefined) session.ok(`deleted ${bold(path)} from ${bold(base)}`, {})
  else session.ok(`deleted ${bold(path)} ${bold(verb.toUpperCase())} from ${bold(base)}`, {})
}

function listing(session: Session, qs: Readonly<Record<string, string>>): Promise<ApiListing> {
  return session.api.gateway<ApiListing>('GET', 'getApi', { qs })
}
