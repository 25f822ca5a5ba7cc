import { existsSync, writeFileSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { CommandEnd } from '../context.ts'
import { actionCode } from '../project/action-code.ts'
import { webAnnotations, webOf } from '../project/action-settings.ts'
import { faultText } from '../project/fault.ts'
import { qualified, type CodeExec, type JsonValue, type SequenceExec } from '../project/model.ts'
import { ApiError, splitName } from '../server/api.ts'
import { checkArguments, fullName, listedName, row, usage, type Session, type SessionFlags } from './session.ts'
import { askedFor, deleteEntity, showAsked } from './entity.ts'
import { summaryLines } from './summary.ts'
import { annotationsOf, pairs, parametersOf, readText, type ValueFlags } from './values.ts'

export interface ActionFlags extends SessionFlags, ValueFlags {
  readonly native?: boolean
  readonly docker?: string
  readonly copy?: boolean
  readonly sequence?: boolean
  readonly kind?: string
  readonly main?: string
  readonly timeout?: number
  readonly memory?: number
  readonly logsize?: number
  readonly concurrency?: number
  readonly web?: string
  readonly webSecure?: string
  readonly delAnnotation?: readonly string[]
}

interface Action {
  readonly namespace: string
  readonly name: string
  readonly publish: boolean
  readonly exec: { readonly kind: string; readonly code?: string; readonly binary?: boolean; readonly image?: string }
  readonly annotations: readonly { readonly key: string; readonly value: JsonValue }[]
  readonly parameters?: readonly { readonly key: string; readonly value: JsonValue }[]
}

const FIELDS = ['namespace', 'name', 'version', 'exec', 'annotations', 'parameters', 'limits', 'publish', 'updated']
const NATIVE_IMAGE = 'openwhisk/dockerskeleton'
/** Endings that `wsk` knows, to the kind that runs them. */
const KINDS: Readonly<Record<string, string>> = {
  '.js': 'nodejs:default',
  '.py': 'python:default',
  '.swift': 'swift:default',
  '.php': 'php:default',
  '.rb': 'ruby:default',
  '.go': 'go:default',
  '.rs': 'rust:default',
  '.jar': 'java:default',
}
/** Those that are built here first. */
const BUILT = new Set(['.ts', '.mts', '.cts', '.mjs', '.cjs', '.sh'])
const BINARY = new Set(['.zip', '.jar', '.gz', '.tgz'])

export async function putAction(
  session: Session,
  args: readonly string[],
  flags: ActionFlags,
  update: boolean,
): Promise<void> {
  const required = update
    ? 'An action name is required. A code artifact is optional.'
    : 'An action name and code artifact are required.'
  checkArguments(args, 1, 2, required)
  const [name = '', artifact] = args
  const copied = flags.copy === true && artifact !== undefined ? await copiedFrom(session, artifact) : undefined
  const exec = copied?.exec ?? (await execOf(session, artifact, flags))
  if (!exec && !update) throw usage('Invalid argument(s). An action name and code artifact are required.')
  const parameters = { ...valuesOf(copied?.parameters), ...parametersOf(flags, session.context) }
  const annotations = {
    ...valuesOf(copied?.annotations),
    ...annotationsOf(flags, session.context),
    ...(await webOptions(session, name, flags, update)),
  }
  const limits = {
    ...(flags.timeout !== undefined && { timeout: flags.timeout }),
    ...(flags.memory !== undefined && { memory: flags.memory }),
    ...(flags.logsize !== undefined && { logs: flags.logsize }),
    ...(flags.concurrency !== undefined && { concurrency: flags.concurrency }),
  }
  const body = {
    ...(exec && { exec }),
    ...(Object.keys(parameters).length > 0 && { parameters: pairs(parameters) }),
    ...(Object.keys(annotations).length > 0 && { annotations: pairs(annotations) }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(update && flags.delAnnotation !== undefined && { delAnnotations: flags.delAnnotation }),
  }
  const what = `Unable to ${update ? 'update' : 'create'} action '${name}'`
  const made = await session.attempt(what, () =>
    session.api.entity('PUT', 'actions', name, { qs: { overwrite: update }, body }),
  )
  session.ok(`${update ? 'updated' : 'created'} action ${session.bold(name)}`, made)
}

async function copiedFrom(session: Session, name: string): Promise<Action> {
  return session.attempt(`Unable to get action '${name}'`, () => session.api.entity<Action>('GET', 'actions', name))
}

function valuesOf(given: Action['annotations'] | undefined): Record<string, JsonValue> {
  return Object.fromEntries((given ?? []).map(({ key, value }) => [key, value]))
}

async function execOf(
  session: Session,
  artifact: string | undefined,
  flags: ActionFlags,
): Promise<CodeExec | SequenceExec | undefined> {
  const { kind, docker, native, main, sequence } = flags
  if (kind !== undefined && docker !== undefined) {
    throw new CommandEnd(149, 'Cannot specify both --kind and --docker at the same time.')
  }
  if (sequence === true) {
    if (artifact === undefined) throw usage('Invalid argument(s). An action name and code artifact are required.')
    return { kind: 'sequence', components: artifact.split(',').map((one) => qualified(one.trim())) }
  }
  const image = docker ?? (native === true ? NATIVE_IMAGE : undefined)
  if (artifact === undefined) return image === undefined ? undefined : { kind: 'blackbox', image }
  const { cwd } = session.context
  const ending = extname(artifact)
  if (BUILT.has(ending) && existsSync(resolve(cwd, artifact))) return builtCode(session, artifact, flags)
  const content = artifact === '-' ? Buffer.from(await session.context.readInput()) : readText(artifact, cwd)
  const code =
    BINARY.has(ending) || (image !== undefined && isBinary(content))
      ? content.toString('base64')
      : content.toString('utf8')
  const named = main === undefined ? {} : { main }
  if (image !== undefined) return { kind: 'blackbox', image, code, ...named }
  const found = kind ?? KINDS[ending]
  if (found === undefined) {
    throw usage(
      ending === '.zip'
        ? 'Invalid argument(s). creating an action from a .zip artifact requires specifying the action kind explicitly'
        : `Invalid argument(s). '${ending}' is not a supported action runtime`,
    )
  }
  if (ending === '.jar' && main === undefined) {
    throw usage(
      'Invalid argument(s). Java actions require --main to specify the fully-qualified name of the main class',
    )
  }
  return { kind: found, code, ...named }
}

async function builtCode(
  session: Session,
  artifact: string,
  { kind, docker, native, main }: ActionFlags,
): Promise<CodeExec> {
  const { cwd } = session.context
  const settings = {
    limits: {},
    parameters: {},
    annotations: {},
    ...(kind !== undefined && { kind }),
    ...(docker !== undefined && { docker }),
    ...(native !== undefined && { native }),
    ...(main !== undefined && { main }),
  }
  const exec = await actionCode({
    source: resolve(cwd, artifact),
    shown: artifact,
    settings,
    cache: resolve(cwd, '.stemcell'),
  })
  if (Array.isArray(exec)) throw new CommandEnd(1, exec.map(faultText).join('\n'))
  return exec
}

/** A NUL, or what is no UTF-8. */
function isBinary(content: Buffer): boolean {
  return content.includes(0) || Buffer.compare(Buffer.from(content.toString('utf8')), content) !== 0
}

async function webOptions(
  session: Session,
  name: string,
  { web, webSecure }: ActionFlags,
  update: boolean,
): Promise<Record<string, JsonValue>> {
  const wanted = web === undefined ? undefined : webOf(web)
  if (web !== undefined && wanted === undefined) {
    throw usage(
      `Invalid argument '${web}' for --web flag. Valid input consist of 'yes', 'true', 'raw', 'false', or 'no'.`,
    )
  }
  const annotations = wanted === undefined ? {} : webAnnotations(wanted)
  if (webSecure === undefined) return { ...annotations }
  const isWeb = wanted === undefined ? update && (await isWebAction(session, name)) : wanted !== 'no'
  if (!isWeb) throw usage('The --web-secure option is only valid when the --web option is enabled.')
  const lower = webSecure.toLowerCase()
  const secret = lower === 'true' ? session.context.secret() : lower === 'false' ? false : webSecure
  return { ...annotations, 'require-whisk-auth': secret }
}

async function isWebAction(session: Session, name: string): Promise<boolean> {
  const { annotations } = await session.attempt(`Unable to get action '${name}'`, () =>
    session.api.entity<Action>('GET', 'actions', name, { qs: { code: false } }),
  )
  return annotations.some(({ key, value }) => key === 'web-export' && value === true)
}

export interface InvokeFlags extends SessionFlags, ValueFlags {
  readonly blocking?: boolean
  readonly result?: boolean
}

interface Invoked {
  readonly activationId: string
  readonly response?: { readonly success: boolean; readonly result?: JsonValue }
}

const APPLICATION_ERROR = 502
const TIMED_OUT = 202

export async function invokeAction(session: Session, args: readonly string[], flags: InvokeFlags): Promise<void> {
  checkArguments(args, 1, 1, 'An action name is required.')
  const [name = ''] = args
  const blocking = flags.blocking === true || flags.result === true
  const body = parametersOf(flags, session.context)
  let invoked: Invoked
  let failed: ApiError | undefined
  try {
    invoked = await session.api.entity<Invoked>('POST', 'actions', name, { qs: { blocking, result: false }, body })
  } catch (error) {
    const isAnswer = error instanceof ApiError && error.status === APPLICATION_ERROR && hasId(error.body)
    if (!isAnswer) throw session.failure(`Unable to invoke action '${name}'`, error)
    failed = error
    invoked = error.body as Invoked
  }
  const full = session.bold(fullName(name))
  const id = session.bold(invoked.activationId)
  if (blocking && invoked.response === undefined) {
    const text = `${session.style.ok()} invoked ${full}, but the request has not yet finished, with id ${id}\n`
    session.context.stderr.write(text)
    throw new CommandEnd(TIMED_OUT)
  }
  const header = flags.result === true || session.json ? '' : `${session.style.ok()} invoked ${full} with id ${id}\n`
  const shown = flags.result === true ? (invoked.response?.result ?? {}) : invoked
  const indentation = session.json ? 2 : 4
  const text = `${header}${blocking || session.json ? `${JSON.stringify(shown, null, indentation)}\n` : ''}`
  // What an action says of its own failure is no result.
  if (failed) {
    session.context.stderr.write(text)
    throw new CommandEnd(APPLICATION_ERROR % 256)
  }
  session.context.stdout.write(text)
}

function hasId(body: unknown): boolean {
  return typeof (body as { activationId?: unknown } | undefined)?.activationId === 'string'
}

export interface GetActionFlags extends SessionFlags {
  readonly summary?: boolean
  readonly url?: boolean
  readonly save?: boolean
  readonly saveAs?: string
}

export async function getAction(session: Session, args: readonly string[], flags: GetActionFlags): Promise<void> {
  const save = flags.save === true || flags.saveAs !== undefined
  const asked = await askedFor<Action>(session, 'action', args, FIELDS, save ? undefined : { code: false })
  const { name, entity: action } = asked
  if (save) return saveCode(session, action, flags.saveAs)
  if (flags.url === true) {
    session.ok(`got action ${session.bold(name)}`, actionUrl(session, action))
    if (!session.json) session.line(actionUrl(session, action))
  } else if (flags.summary === true) {
    for (const line of summaryLines('action', action, session.style)) session.line(line)
  } else showAsked(session, 'action', asked)
}

/** Of web actions where browsers find it, of others where it is invoked. */
function actionUrl(session: Session, { namespace, name, annotations }: Action): string {
  const [owner = '_', pack] = namespace.split('/')
  const parts = (...names: string[]): string => names.map((part) => encodeURIComponent(part)).join('/')
  const base = `${session.api.connection.apihost}/api/v1`
  const isWeb = annotations.some(({ key, value }) => key === 'web-export' && value === true)
  return isWeb
    ? `${base}/web/${parts(owner, pack ?? 'default', name)}`
    : `${base}/namespaces/${parts(owner)}/actions/${parts(...(pack === undefined ? [name] : [pack, name]))}`
}

function saveCode(session: Session, { name, exec }: Action, saveAs: string | undefined): void {
  if (exec.kind === 'sequence') throw usage('Cannot save action sequences')
  if (exec.code === undefined) throw usage('Cannot save Docker images')
  const [family = ''] = exec.kind.split(':')
  const usual = Object.entries(KINDS).find(([, kind]) => kind.startsWith(`${family}:`))?.[0] ?? ''
  const file = saveAs ?? `${name}${exec.binary === true ? '.zip' : usual}`
  const path = resolve(session.context.cwd, file)
  if (existsSync(path)) throw usage(`The file '${basename(file)}' already exists`)
  writeFileSync(path, exec.binary === true ? Buffer.from(exec.code, 'base64') : exec.code)
  session.ok(`saved action code to ${session.bold(path)}`, { file: path })
}

export async function deleteAction(session: Session, args: readonly string[]): Promise<void> {
  await deleteEntity(session, 'action', args)
}

export interface ListFlags extends SessionFlags {
  readonly skip?: number
  readonly limit?: number
  readonly nameSort?: boolean
}

export async function listActions(session: Session, args: readonly string[], flags: ListFlags): Promise<void> {
  checkArguments(args, 0, 1, 'An optional namespace is the only valid argument.')
  const { namespace, path } = scopeOf(args[0])
  const collection = `namespaces/${namespace}/actions${path === '' ? '' : `/${path}/`}`
  const what = `Unable to obtain the list of actions for namespace '${decodeURIComponent(namespace)}'`
  const actions = await session.attempt(what, () =>
    session.api.request<Action[]>('GET', collection, { qs: pageOf(flags) }),
  )
  const lines = sorted(actions, flags).map(actionRow)
  await session.list(actions, [session.bold('actions'), ...lines])
}

export function actionRow(action: Action): string {
  const kind = action.annotations.find(({ key }) => key === 'exec')?.value
  return row(listedName(action), action.publish ? 'shared' : 'private', typeof kind === 'string' ? kind : 'unknown')
}

/** `/namespace`, or a name in one. */
export function scopeOf(name: string | undefined): { readonly namespace: string; readonly path: string } {
  return name === undefined ? { namespace: '_', path: '' } : splitName(name)
}

export function pageOf({ skip = 0, limit = 30 }: ListFlags): { skip: number; limit: number } {
  return { skip, limit }
}

export function sorted<T extends { readonly namespace: string; readonly name: string }>(
  items: readonly T[],
  { nameSort }: ListFlags,
): readonly T[] {
  return nameSort === true ? items.toSorted((a, b) => (listedName(a) < listedName(b) ? -1 : 1)) : items
}
