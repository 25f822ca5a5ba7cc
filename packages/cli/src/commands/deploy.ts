import { CommandEnd, type Context } from '../context.ts'
import { applyChanges, ChangeFailed, changeName } from '../project/apply.ts'
import { ProjectError } from '../project/fault.ts'
import type { Entity, Project } from '../project/model.ts'
import { megabytes } from '../project/action-code.ts'
import { planOf, removalsOf, type Change, type Plan } from '../project/plan.ts'
import { projectNames, readProjects } from '../project/read-project.ts'
import { readServer, type OnServer } from '../project/server-state.ts'
import { usableKinds } from '../project/usable-kinds.ts'
import { Api, ApiError } from '../server/api.ts'
import { Progress } from '../terminal/progress.ts'
import { Style } from '../terminal/style.ts'
import { connect, hintFor, type ServerFlags } from './connect.ts'

export interface DeployFlags extends ServerFlags {
  readonly dryRun?: boolean
  readonly prune?: boolean
  readonly json?: boolean
  readonly manifest?: string
  readonly deployment?: string
}

const INTERRUPTED = 130

/** Makes a server have what is in a folder. */
export async function deploy(folder: string, flags: DeployFlags, context: Context): Promise<void> {
  await withProjects(folder, flags, context, async (projects, api, server) => {
    for (const project of projects) {
      const usable = isKnown(api) ? await usableKinds(project, api) : project
      const plan = planOf(usable, server)
      const changes = flags.prune === true ? [...plan.removals, ...plan.changes] : plan.changes
      if (flags.json === true) context.stdout.write(`${JSON.stringify(planAsJson(plan, flags))}\n`)
      else showPlan(plan, api, flags.prune === true, context)
      if (flags.dryRun !== true) await carryOut(plan, changes, { api, server, json: flags.json === true }, context)
    }
  })
}

/** Takes from a server what a project has there, whatever state the folder is in. */
export async function undeploy(folder: string, flags: DeployFlags, context: Context): Promise<void> {
  const { environment, cwd } = context
  const names = attempt(() => projectNames(folder, { environment, cwd, manifest: flags.manifest }))
  await withServer(flags, context, async (api, server) => {
    for (const name of names.toReversed()) {
      const removals = removalsOf(name, server)
      const project = { name, folder, entities: [], warnings: [] }
      const plan: Plan = { project, changes: [], removals, unchanged: 0 }
      if (flags.json === true) context.stdout.write(`${JSON.stringify(planAsJson(plan, { prune: true }))}\n`)
      else showPlan(plan, api, true, context)
      if (flags.dryRun !== true) await carryOut(plan, removals, { api, server, json: flags.json === true }, context)
    }
  })
}

/** @throws CommandEnd with everything that is wrong */
function attempt<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProjectError) throw new CommandEnd(1, error.message)
    throw error
  }
}

/** @throws CommandEnd with everything that is wrong */
async function withProjects(
  folder: string,
  flags: DeployFlags,
  context: Context,
  use: (projects: readonly Project[], api: Api, server: OnServer) => Promise<void>,
): Promise<void> {
  const { environment, cwd } = context
  let projects: Project[]
  try {
    projects = await readProjects(folder, {
      environment,
      cwd,
      manifest: flags.manifest,
      deployment: flags.deployment,
    })
  } catch (error) {
    if (error instanceof ProjectError) throw new CommandEnd(1, error.message)
    throw error
  }
  for (const { warnings } of projects) for (const warning of warnings) context.stderr.write(`warning: ${warning}\n`)
  await withServer(flags, context, (api, server) => use(projects, api, server))
}

async function withServer(
  flags: DeployFlags,
  context: Context,
  use: (api: Api, server: OnServer) => Promise<void>,
): Promise<void> {
  const api = flags.dryRun === true ? connectForPlan(flags, context) : connect(flags, context)
  try {
    await use(api, await serverFor(api, flags, context))
  } catch (error) {
    const hint = hintFor(error instanceof ChangeFailed ? error.cause : error, api.connection)
    if (error instanceof ChangeFailed) {
      throw new CommandEnd(1, `${changeName(error.change)}: ${hint ?? error.message}`)
    }
    if (hint !== undefined) throw new CommandEnd(1, hint)
    throw error
  } finally {
    api.close()
  }
}

/** A plan can be shown without a server. */
function connectForPlan(flags: DeployFlags, context: Context): Api {
  try {
    return connect(flags, context)
  } catch (error) {
    if (!(error instanceof CommandEnd)) throw error
    return new Api({ ...NO_SERVER, source: 'nothing', keySource: 'nothing' })
  }
}

const NO_SERVER = { apihost: 'no server', auth: 'none:none', namespace: '_', accessToken: '', insecure: false }

function isKnown({ connection }: Api): boolean {
  return connection.apihost !== NO_SERVER.apihost
}

async function serverFor(api: Api, flags: DeployFlags, context: Context): Promise<OnServer> {
  const { apihost } = api.connection
  try {
    if (isKnown(api)) return await readServer(api)
  } catch (error) {
    const isAway = error instanceof ApiError && error.status === undefined
    if (!(flags.dryRun === true && isAway)) throw error
  }
  context.stderr.write(
    `warning: ${isKnown(api) ? `${apihost} does not answer` : 'no server is known'}: this is the plan for an empty one\n`,
  )
  return { state: new Map(), operations: undefined, namespace: '_' }
}

interface Carrying {
  readonly api: Api
  readonly server: OnServer
  readonly json: boolean
}

async function carryOut(
  plan: Plan,
  changes: readonly Change[],
  { api, server, json }: Carrying,
  context: Context,
): Promise<void> {
  const progress = new Progress(context, () => api.sent())
  const made: Change[] = []
  const tell = (): void => {
    if (made.length < changes.length) {
      const names = made.length === 0 ? 'nothing' : made.map(changeName).join(', ')
      context.stderr.write(`${made.length} of ${changes.length} changes were made: ${names}\n`)
    }
  }
  try {
    await applyChanges(plan, changes, {
      api,
      server,
      signal: context.signal,
      began: (change, index) =>
        progress.begin(`[${index + 1}/${changes.length}] ${changeName(change)}`, lengthOf(change)),
      done: (change) => void made.push(change),
    })
  } catch (error) {
    progress.end()
    tell()
    throw error
  }
  progress.end()
  tell()
  if (context.signal.aborted) throw new CommandEnd(INTERRUPTED, made.length < changes.length ? 'interrupted' : '')
  if (json) return
  const style = Style.for(context, context.stdout)
  const what = changes.length === 0 ? 'nothing had to be sent' : `${changes.length} changes made`
  context.stdout.write(`${style.ok()} ${style.bold(plan.project.name)}: ${what}\n`)
  for (const url of webUrls(plan.project, server, api)) context.stdout.write(`    ${url}\n`)
}

function showPlan(plan: Plan, api: Api, prune: boolean, context: Context): void {
  const style = Style.for(context, context.stdout)
  const lines = [`Project ${style.bold(plan.project.name)} on ${api.connection.apihost}`]
  for (const change of plan.removals) {
    lines.push(
      `  ${style.text(prune ? 'red' : 'dim', '-')} ${changeName(change)}${prune ? '' : style.dim(' (stays without --prune)')}`,
    )
  }
  for (const change of plan.changes) {
    const sign = change.what === 'add' ? style.text('green', '+') : style.text('yellow', '~')
    const why = change.what === 'change' ? ` (${change.why})` : ''
    lines.push(`  ${sign} ${changeName(change)}${style.dim(`${why}${sizeOf(change)}`)}`)
  }
  const count = (what: Change['what']): number => plan.changes.filter((change) => change.what === what).length
  const counts = [
    `${count('add')} to add`,
    `${count('change')} to change`,
    `${prune ? plan.removals.length : 0} to remove`,
    `${plan.unchanged} unchanged`,
  ]
  context.stdout.write(`${lines.join('\n')}\n${counts.join(', ')}\n`)
}

function planAsJson({ project, changes, removals, unchanged }: Plan, { prune }: Pick<DeployFlags, 'prune'>): object {
  const shown = (change: Change): object => ({
    change: change.what === 'remove-api' ? 'remove' : change.what,
    entity: changeName(change),
    ...(change.what === 'change' && { why: change.why }),
  })
  return { project: project.name, changes: [...(prune === true ? removals : []), ...changes].map(shown), unchanged }
}

function sizeOf(change: Change): string {
  const length = change.what === 'add' || change.what === 'change' ? codeLength(change.entity) : 0
  return length === 0 ? '' : `  ${megabytes(length)}`
}

function lengthOf(change: Change): number {
  return change.what === 'add' || change.what === 'change' ? codeLength(change.entity) : 0
}

function codeLength(entity: Entity): number {
  return entity.kind === 'action' && 'code' in entity.exec ? (entity.exec.code?.length ?? 0) : 0
}

/** Where browsers find the web actions of a project. */
export function webUrls(project: Project, { namespace }: OnServer, api: Api): string[] {
  return project.entities.flatMap((entity) => {
    if (entity.kind !== 'action' || entity.annotations['web-export'] !== true) return []
    const name = entity.name.includes('/') ? entity.name : `default/${entity.name}`
    const path = [namespace, ...name.split('/')].map((part) => encodeURIComponent(part)).join('/')
    return [`${api.connection.apihost}/api/v1/web/${path}`]
  })
}
