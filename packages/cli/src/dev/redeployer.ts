import { pause, type Context } from '../context.ts'
import { applyChanges, ChangeFailed, changeName } from '../project/apply.ts'
import { ProjectError } from '../project/fault.ts'
import type { Project } from '../project/model.ts'
import { planOf, type Change } from '../project/plan.ts'
import { readProjects, type Builds } from '../project/read-project.ts'
import { keyOf, readServer, type OnServer } from '../project/server-state.ts'
import { usableKinds } from '../project/usable-kinds.ts'
import type { Api } from '../server/api.ts'
import type { Inspection } from './inspection.ts'

/** Files are read when nothing has written to them for so long. */
const QUIET_MS = 10
/** A fault is only told when it is still there then: the file may have been half written. */
const SETTLED_MS = 60

export interface RedeployerEvents {
  /** From the save on, ms. */
  readonly deployed: (changes: readonly Change[], ms: number) => void
  readonly faulty: (message: string) => void
  readonly warned: (warning: string) => void
}

export interface RedeployerOptions {
  readonly folder: string
  readonly api: Api
  readonly context: Context
  readonly events: RedeployerEvents
  readonly inspection: Inspection | undefined
  readonly manifest: string | undefined
  readonly deployment: string | undefined
}

/** Keeps a server as a project is, one change after the other. */
export class Redeployer {
  readonly #options: RedeployerOptions
  readonly #builds: Builds = new Map()
  /** What this process deployed, by project: only that is removed again. */
  readonly #mine = new Map<string, Set<string>>()
  #server: OnServer | undefined
  #projects: readonly Project[] = []
  #changedAt: number | undefined
  #working: Promise<void> | undefined
  #inspection: Inspection | undefined
  #isLeaving = false

  constructor(options: RedeployerOptions) {
    this.#options = options
    this.#inspection = options.inspection
  }

  get projects(): readonly Project[] {
    return this.#projects
  }

  get server(): OnServer | undefined {
    return this.#server
  }

  /** Something was saved. */
  changed(): void {
    this.#changedAt ??= this.#options.context.clock.monotonic()
    this.#working ??= this.#work().finally(() => (this.#working = undefined))
  }

  /** Resolves when what was saved so far is deployed, or is known to be wrong. */
  async settled(): Promise<void> {
    await this.#working
  }

  /** Takes back what only makes sense while somebody watches: an action would wait for a debugger for ever. */
  async leave(): Promise<void> {
    await this.settled()
    if (!this.#inspection) return
    this.#inspection = undefined
    this.#isLeaving = true
    const fault = await this.#synchronize(this.#options.context.clock.monotonic())
    if (fault !== undefined) this.#options.events.faulty(fault)
  }

  async #work(): Promise<void> {
    const { context } = this.#options
    while (this.#changedAt !== undefined && !context.signal.aborted) {
      const since = this.#changedAt
      await pause(QUIET_MS, context)
      this.#changedAt = undefined
      if ((await this.#synchronize(since)) === undefined) continue
      await pause(SETTLED_MS, context)
      // Something was saved meanwhile: it is looked at first.
      if (this.#changedAt !== undefined) continue
      const fault = await this.#synchronize(since)
      if (fault !== undefined) this.#options.events.faulty(fault)
    }
  }

  /** What is wrong, if something is; then everything stays as it was. */
  async #synchronize(since: number): Promise<string | undefined> {
    const { folder, api, context, events, manifest, deployment } = this.#options
    const inspection = this.#inspection
    const { environment, cwd, clock } = context
    try {
      await inspection?.renew()
      const projects = await readProjects(folder, {
        environment,
        cwd,
        builds: this.#builds,
        manifest,
        deployment,
        ...(inspection && { prefix: (action) => inspection.prefix(action) }),
      })
      for (const { warnings } of projects) for (const warning of warnings) events.warned(warning)
      this.#server ??= await readServer(api)
      const made: Change[] = []
      for (const read of projects) {
        const usable = await usableKinds(read, api)
        made.push(...(await this.#deploy(inspection?.relax(usable) ?? usable, this.#server)))
      }
      this.#projects = projects
      events.deployed(made, clock.monotonic() - since)
      return undefined
    } catch (error) {
      // What is on the server is not known any more.
      if (!(error instanceof ProjectError)) this.#server = undefined
      if (error instanceof ProjectError) return error.message
      if (error instanceof ChangeFailed) return `${changeName(error.change)}: ${error.message}`
      return error instanceof Error ? error.message : String(error)
    }
  }

  async #deploy(project: Project, server: OnServer): Promise<readonly Change[]> {
    const { api, context } = this.#options
    const plan = planOf(project, server)
    const mine = this.#mine.get(project.name) ?? new Set()
    this.#mine.set(project.name, mine)
    const removals = plan.removals.filter(
      (change) => change.what === 'remove' && mine.has(keyOf(change.deployed.kind, change.deployed.name)),
    )
    const changes = [...removals, ...plan.changes]
    await applyChanges(plan, changes, { api, server, ...(!this.#isLeaving && { signal: context.signal }) })
    for (const { kind, name } of project.entities) mine.add(keyOf(kind, name))
    return changes
  }
}
