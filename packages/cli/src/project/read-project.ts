import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, join, relative, resolve } from 'node:path'
import { annotationsOf, mergeSettings, NO_SETTINGS, webOf, type ActionSettings } from './action-settings.ts'
import { actionCode, entryOf, isActionFile } from './action-code.ts'
import { commentSettings } from './comment-settings.ts'
import { expandValue, MissingVariable, withEnvFile, type Environment } from './environment.ts'
import { ProjectError, type Fault } from './fault.ts'
import type { Prefix } from './javascript.ts'
import { inOrder, qualified, type CodeExec, type Entity, type JsonValue, type Project, type Values } from './model.ts'
import { settingsSchema, type ActionEntry, type Cron, type SequenceEntry, type Settings } from './settings-schema.ts'
import { isManifestFolder, manifestName, readManifest } from './wskdeploy/read-manifest.ts'
import { YamlFile } from './yaml-file.ts'

export const SETTINGS_FILES = ['stemcell.yaml', 'stemcell.yml'] as const
const ENTITY_NAME = /^\w(?:[\w@ .&-]{0,254}[\w@.&-])?$/
const ALARM = '/whisk.system/alarms/alarm'

export interface ReadOptions {
  readonly environment: Environment
  /** Paths are shown relative to it. */
  readonly cwd: string
  /** Code of an action that is put before it, by the name of the action. */
  readonly prefix?: (action: string) => Prefix | undefined
  /** Keeps what was built until its files change. */
  readonly builds?: Builds
  /** Manifest and deployment of wskdeploy, when they have other names. */
  readonly manifest?: string | undefined
  readonly deployment?: string | undefined
}

/** What was built, by the state of its files. */
export type Builds = Map<string, { readonly state: string; readonly exec: CodeExec }>

/**
 * Reads the project in a folder, and those that it names.
 * @throws ProjectError with everything that is wrong
 */
export async function readProjects(folder: string, options: ReadOptions): Promise<Project[]> {
  try {
    return await new ProjectReader(resolve(options.cwd, folder), options).read(new Set())
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (code === undefined || path === undefined) throw error
    const message = `it cannot be read (${code})`
    throw new ProjectError([{ file: shownPath(path, options.cwd), message, fix: 'make it readable, or remove it' }])
  }
}

/**
 * The names of the project in a folder and of those that it names, whatever else is wrong with them.
 * @throws ProjectError there is no project
 */
export function projectNames(folder: string, options: ReadOptions): string[] {
  return new ProjectReader(resolve(options.cwd, folder), options).names(new Set())
}

interface Found {
  readonly source: string
  /** What a file of settings says, and where. */
  readonly entry?: ActionEntry
}

class ProjectReader {
  readonly #folder: string
  readonly #options: ReadOptions
  readonly #environment: Environment
  readonly #faults: Fault[] = []
  readonly #warnings: string[] = []
  readonly #entities: Entity[] = []
  #yaml: YamlFile | undefined

  constructor(folder: string, options: ReadOptions) {
    this.#folder = folder
    this.#options = options
    this.#environment = withEnvFile(join(folder, '.env'), options.environment)
  }

  names(above: ReadonlySet<string>): string[] {
    const folder = this.#folder
    const settingsFile = this.#settingsFile()
    if (this.#isManifest(settingsFile)) {
      const { manifest, environment } = { ...this.#options, environment: this.#environment }
      return [manifestName(folder, { manifest, environment, shown: (path) => this.#shown(path) })]
    }
    const yaml = settingsFile === undefined ? undefined : YamlFile.read(settingsFile, this.#shown(settingsFile))
    const faults = yaml?.faults() ?? []
    if (faults.length > 0) throw new ProjectError(faults)
    const { name = basename(folder), projects = [] } = (yaml?.content() ?? {}) as Pick<Settings, 'name' | 'projects'>
    const others = projects
      .map((path) => resolve(folder, path))
      .filter((path) => !above.has(path) && path !== folder)
      .flatMap((path) => new ProjectReader(path, this.#options).names(new Set([...above, folder])))
    return [...others, name]
  }

  #isManifest(settingsFile: string | undefined): boolean {
    return this.#options.manifest !== undefined || (settingsFile === undefined && isManifestFolder(this.#folder))
  }

  /** @throws ProjectError there is no project */
  #settingsFile(): string | undefined {
    const folder = this.#folder
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new ProjectError([{ message: `there is no folder ${this.#shown(folder)}` }])
    }
    const settingsFile = SETTINGS_FILES.map((name) => join(folder, name)).find((file) => existsSync(file))
    if (settingsFile === undefined && !this.#isManifest(undefined) && !existsSync(join(folder, 'packages'))) {
      const fix = 'make a folder packages in it, and put an action there: packages/default/hello.js'
      const message = 'this is no project: it has no folder packages, no stemcell.yaml and no manifest.yaml'
      throw new ProjectError([{ file: this.#shown(folder), message, fix }])
    }
    return settingsFile
  }

  async read(above: ReadonlySet<string>): Promise<Project[]> {
    const folder = this.#folder
    const { manifest, deployment } = this.#options
    const settingsFile = this.#settingsFile()
    if (this.#isManifest(settingsFile)) {
      return [
        await readManifest(folder, {
          manifest,
          deployment,
          environment: this.#environment,
          code: (source, settings, name) => this.#code(source, settings, name),
          shown: (path) => this.#shown(path),
        }),
      ]
    }
    this.#yaml = settingsFile === undefined ? undefined : YamlFile.read(settingsFile, this.#shown(settingsFile))
    const settings = this.#yaml?.read(settingsSchema) ?? {}
    if (Array.isArray(settings)) throw new ProjectError(settings)
    const others = await this.#others(settings, new Set([...above, folder]))
    await this.#actions(settings)
    this.#packages(settings)
    this.#sequences(settings)
    this.#triggers(settings)
    this.#apis(settings)
    this.#check()
    if (this.#faults.length > 0) throw new ProjectError(this.#faults)
    const name = settings.name ?? basename(folder)
    const project = { name, folder, entities: inOrder(this.#entities), warnings: this.#warnings }
    return project.entities.length === 0 && others.length > 0 ? others : [...others, project]
  }

  async #others({ projects = [] }: Settings, above: ReadonlySet<string>): Promise<Project[]> {
    const found: Project[] = []
    for (const [index, path] of projects.entries()) {
      const folder = resolve(this.#folder, path)
      if (above.has(folder)) {
        this.#faults.push(this.#yaml!.fault(['projects', index], `${path} is this project, or one that names it`))
        continue
      }
      try {
        found.push(...(await new ProjectReader(folder, this.#options).read(above)))
      } catch (error) {
        if (!(error instanceof ProjectError)) throw error
        this.#faults.push(...error.faults)
      }
    }
    return found
  }

  async #actions(settings: Settings): Promise<void> {
    const found = this.#scan()
    for (const [name, entry, path] of this.#entriesOf(settings, 'actions')) {
      if (entry?.file !== undefined) {
        const source = resolve(this.#folder, entry.file)
        if (!existsSync(source)) {
          this.#faults.push(this.#yaml!.fault([...path, 'file'], `there is no ${this.#shown(source)}`))
          continue
        }
        for (const [other, { source: taken }] of found) if (taken === source) found.delete(other)
        found.set(name, { source, entry })
        continue
      }
      const one = found.get(name)
      if (one) found.set(name, { source: one.source, ...(entry && { entry }) })
      else {
        const where = `packages/${name.includes('/') ? name : `default/${name}`}`
        const fix = `make ${where}.js, or name its file with file:`
        this.#faults.push(this.#yaml!.fault(path, `there is no code for the action ${name}`, fix))
      }
    }
    for (const [name, { source, entry }] of found) await this.#action(name, source, entry)
  }

  /** Files and folders below `packages` that are actions, by name. */
  #scan(): Map<string, Found> {
    const found = new Map<string, Found>()
    const root = join(this.#folder, 'packages')
    const add = (name: string, source: string): void => {
      const taken = found.get(name)
      if (!taken) {
        found.set(name, { source })
        return
      }
      const message = `this and ${this.#shown(taken.source)} are both the action ${name}`
      this.#faults.push({ file: this.#shown(source), message, fix: 'rename one of them' })
    }
    for (const pack of listing(root)) {
      const path = join(root, pack)
      if (!statSync(path).isDirectory()) {
        if (isActionFile(pack)) add(stem(pack), path)
        continue
      }
      if (pack !== 'default') this.#package(pack, join(root, `${pack}.args`))
      for (const name of listing(path)) {
        const source = join(path, name)
        const isFolder = statSync(source).isDirectory()
        if (isFolder || isActionFile(name)) add(inPackage(pack, isFolder ? name : stem(name)), source)
      }
    }
    return found
  }

  async #action(name: string, source: string, entry: ActionEntry | undefined): Promise<void> {
    const head = statSync(source).isDirectory() ? headOf(source) : source
    let settings = NO_SETTINGS
    if (head !== undefined) {
      const text = readFileSync(head, 'utf8')
      settings = commentSettings(text, this.#shown(head), this.#environment, this.#faults)
    }
    const path = this.#pathOf(name, 'actions')
    if (entry) settings = mergeSettings(settings, this.#settingsOf(entry, path))
    const exec = await this.#code(source, settings, name)
    if (Array.isArray(exec)) {
      this.#faults.push(...exec)
      return
    }
    this.#entities.push({
      kind: 'action',
      name,
      exec,
      parameters: settings.parameters,
      annotations: annotationsOf(settings),
      limits: settings.limits,
      source,
    })
    this.#cron(name, entry?.cron ?? settings.cron)
  }

  /** From `builds` while no file of it changed. */
  async #code(source: string, settings: ActionSettings, name: string): Promise<CodeExec | Fault[]> {
    const { builds, prefix } = this.#options
    const put = prefix?.(name)
    const { kind, main, docker, native } = settings
    // A file of TypeScript may import others.
    const state =
      builds && !/\.[cm]?ts$/.test(source)
        ? stateOf(source, JSON.stringify([kind, main, docker, native, put]))
        : undefined
    const known = builds?.get(source)
    if (known && known.state === state) return known.exec
    const cache = join(this.#folder, '.stemcell', 'python')
    const shown = this.#shown(source)
    const exec = await actionCode({ source, shown, settings, cache, ...(put && { prefix: put }) })
    if (!Array.isArray(exec) && state !== undefined) builds?.set(source, { state, exec })
    return exec
  }

  #settingsOf(entry: ActionEntry, path: readonly string[]): ActionSettings {
    const web = entry.web === undefined ? undefined : webOf(entry.web)
    return {
      ...(entry.kind !== undefined && { kind: entry.kind }),
      ...(entry.main !== undefined && { main: entry.main }),
      ...(entry.docker !== undefined && { docker: entry.docker }),
      ...(entry.native !== undefined && { native: entry.native }),
      ...(web !== undefined && { web }),
      ...(entry['web-secure'] !== undefined && { webSecure: entry['web-secure'] }),
      limits: defined(entry.limits),
      parameters: this.#expanded(entry.parameters, [...path, 'parameters']),
      annotations: this.#expanded(entry.annotations, [...path, 'annotations']),
    }
  }

  #packages({ packages = {} }: Settings): void {
    for (const [name, entry] of Object.entries(packages)) {
      if (name === 'default') continue
      this.#package(name, undefined)
      if (!entry) continue
      const index = this.#entities.findIndex((entity) => entity.kind === 'package' && entity.name === name)
      const known = this.#entities[index]
      if (known?.kind !== 'package') continue
      const path = ['packages', name]
      const [, namespace = '_', target = ''] = /^(?:\/([^/]+)\/)?([^/]+)$/.exec(entry.bind ?? '') ?? []
      if (entry.bind !== undefined && target === '') {
        this.#faults.push(this.#yaml!.fault([...path, 'bind'], `bind takes /namespace/package, not ${entry.bind}`))
      }
      this.#entities[index] = {
        ...known,
        shared: entry.shared ?? false,
        parameters: { ...known.parameters, ...this.#expanded(entry.parameters, [...path, 'parameters']) },
        annotations: { ...known.annotations, ...this.#expanded(entry.annotations, [...path, 'annotations']) },
        ...(entry.bind !== undefined && { binding: { namespace, name: target } }),
      }
    }
    // Packages that only actions of stemcell.yaml are in.
    for (const { kind, name } of this.#entities) {
      if (kind === 'action' && name.includes('/')) this.#package(name.split('/')[0]!, undefined)
    }
  }

  /** `args` is a file of Apache OpenServerless with settings of the package. */
  #package(name: string, args: string | undefined): void {
    if (this.#entities.some((entity) => entity.kind === 'package' && entity.name === name)) return
    const { parameters, annotations } =
      args !== undefined && existsSync(args)
        ? commentSettings(readFileSync(args, 'utf8'), this.#shown(args), this.#environment, this.#faults)
        : NO_SETTINGS
    this.#entities.push({ kind: 'package', name, parameters, annotations, shared: false })
  }

  #sequences(settings: Settings): void {
    for (const [name, entry, path] of this.#entriesOf(settings, 'sequences')) {
      const { actions, annotations, limits, web, cron } = Array.isArray(entry) ? { actions: entry } : entry!
      if (name.includes('/')) this.#package(name.split('/')[0]!, undefined)
      this.#entities.push({
        kind: 'action',
        name,
        exec: { kind: 'sequence', components: actions.map(qualified) },
        parameters: {},
        annotations: annotationsOf({
          limits: {},
          parameters: {},
          annotations: this.#expanded(annotations, [...path, 'annotations']),
          ...(web !== undefined && { web: webOf(web)! }),
        }),
        limits: defined(limits),
        source: this.#folder,
      })
      this.#cron(name, cron)
    }
  }

  #triggers({ triggers = {}, rules = {} }: Settings): void {
    for (const [name, entry] of Object.entries(triggers)) {
      const path = ['triggers', name]
      const { feed, cron, parameters, annotations } = entry ?? {}
      const given = this.#expanded(parameters, [...path, 'parameters'])
      const action = typeof feed === 'string' ? feed : feed?.action
      const told = typeof feed === 'object' ? this.#expanded(feed.parameters, [...path, 'feed', 'parameters']) : {}
      if (feed !== undefined && cron !== undefined) {
        this.#faults.push(this.#yaml!.fault([...path, 'cron'], 'a trigger has a feed or cron, not both'))
      }
      this.#entities.push({
        kind: 'trigger',
        name,
        parameters: cron === undefined ? given : {},
        annotations: this.#expanded(annotations, [...path, 'annotations']),
        ...(action !== undefined && { feed: { action: qualified(action), parameters: told } }),
        ...(cron !== undefined && { feed: { action: ALARM, parameters: { cron, trigger_payload: given } } }),
      })
    }
    for (const [name, entry] of Object.entries(rules)) {
      this.#entities.push({
        kind: 'rule',
        name,
        trigger: qualified(entry.trigger),
        action: qualified(entry.action),
        annotations: this.#expanded(entry.annotations, ['rules', name, 'annotations']),
      })
    }
  }

  /** A trigger that fires by the clock, and a rule that leads it to the action. */
  #cron(action: string, cron: Cron | undefined): void {
    if (cron === undefined) return
    const { schedule, parameters, timezone } =
      typeof cron === 'string' ? { schedule: cron, parameters: undefined, timezone: undefined } : cron
    const name = `${action.replace('/', '.')}.cron`
    const payload = this.#expanded(parameters, this.#pathOf(action, 'actions'))
    const told: Values = {
      cron: schedule,
      trigger_payload: payload,
      ...(timezone !== undefined && { timezone }),
    }
    this.#entities.push(
      { kind: 'trigger', name, parameters: {}, annotations: {}, feed: { action: ALARM, parameters: told } },
      { kind: 'rule', name: `${name}.rule`, trigger: qualified(name), action: qualified(action), annotations: {} },
    )
  }

  #apis({ apis = {} }: Settings): void {
    for (const [basePath, operations] of Object.entries(apis)) {
      for (const [operation, entry] of Object.entries(operations)) {
        const [, verb = '', path = ''] = /^(get|put|post|delete|patch|head|options)\s+(\/\S*)$/i.exec(operation) ?? []
        if (verb === '') {
          const message = `${operation} is no operation of an API`
          this.#faults.push(this.#yaml!.fault(['apis', basePath, operation], message, 'write GET /path, for example'))
          continue
        }
        const { action, response = 'http' } = typeof entry === 'string' ? { action: entry } : entry
        this.#entities.push({
          kind: 'api',
          name: `${verb.toUpperCase()} ${basePath === '/' ? '' : basePath}${path}`,
          basePath,
          path,
          verb: verb.toLowerCase(),
          action: qualified(action),
          responseType: response,
        })
      }
    }
  }

  /** Names, and what refers to things of this project that are not there. */
  #check(): void {
    const seen = new Map<string, Entity>()
    for (const entity of this.#entities) {
      const { kind, name } = entity
      const file = entity.kind === 'action' && entity.exec.kind !== 'sequence' ? this.#shown(entity.source) : undefined
      const place = file === undefined ? { file: this.#yaml?.shown ?? this.#shown(this.#folder) } : { file }
      if (kind !== 'api' && !name.split('/').every((part) => ENTITY_NAME.test(part))) {
        const message = `${name} is no name for ${kind === 'action' ? 'an' : 'a'} ${kind}: it takes letters of ASCII, digits and _ @ . & -`
        const fix =
          file === undefined
            ? 'choose another name'
            : `rename it, or give it a name in stemcell.yaml: actions: NAME: { file: ${file} }`
        this.#faults.push({ ...place, message, fix })
      }
      // Packages, triggers, rules and actions of the default package share one space of names.
      const taken = kind === 'api' ? undefined : seen.get(name)
      if (taken) {
        const message =
          taken.kind === kind ? `there are two ${kind}s ${name}` : `${name} is a ${kind} and a ${taken.kind} at once`
        this.#faults.push({ ...place, message, fix: 'rename one of them' })
      }
      if (kind !== 'api') seen.set(name, entity)
    }
  }

  #entriesOf(settings: Settings, what: 'actions'): [string, ActionEntry | null, string[]][]
  #entriesOf(settings: Settings, what: 'sequences'): [string, SequenceEntry, string[]][]
  #entriesOf(
    settings: Settings,
    what: 'actions' | 'sequences',
  ): [string, ActionEntry | SequenceEntry | null, string[]][] {
    return [
      ...Object.entries(settings[what] ?? {}).map(
        ([name, entry]): [string, ActionEntry | SequenceEntry | null, string[]] => [
          name.replace(/^default\//, ''),
          entry,
          [what, name],
        ],
      ),
      ...Object.entries(settings.packages ?? {}).flatMap(([pack, content]) =>
        Object.entries(content?.[what] ?? {}).map(
          ([name, entry]): [string, ActionEntry | SequenceEntry | null, string[]] => [
            inPackage(pack, name),
            entry,
            ['packages', pack, what, name],
          ],
        ),
      ),
    ]
  }

  #pathOf(name: string, what: string): string[] {
    const [pack, action] = name.includes('/') ? (name.split('/') as [string, string]) : ['default', name]
    const nested = ['packages', pack, what, action]
    return this.#yaml && pack === 'default' && !this.#hasPath(nested) ? [what, name] : nested
  }

  #hasPath(path: readonly string[]): boolean {
    let at: unknown = this.#yaml?.content()
    for (const key of path) at = (at as Record<string, unknown> | null | undefined)?.[key]
    return at !== undefined
  }

  #expanded(values: Values | undefined, path: readonly string[]): Values {
    if (!values) return {}
    return Object.fromEntries(
      Object.entries(values).map(([key, value]) => {
        try {
          return [key, expandValue(value, this.#environment)]
        } catch (error) {
          if (!(error instanceof MissingVariable)) throw error
          const fix = `set ${error.variable} in the environment, or in the file .env`
          this.#faults.push(this.#yaml!.fault([...path, key], error.message, fix))
          return [key, '' as JsonValue]
        }
      }),
    )
  }

  #shown(path: string): string {
    return shownPath(path, this.#options.cwd)
  }
}

/** Relative where that is shorter. */
function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short === '' ? '.' : short.startsWith('..') ? path : short
}

/** Sorted, without what is hidden and what tools make. */
function listing(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules' && name !== '__pycache__')
    .toSorted()
}

function stem(file: string): string {
  return file.slice(0, file.length - extname(file).length)
}

function inPackage(pack: string, name: string): string {
  return pack === 'default' ? name : `${pack}/${name}`
}

/** The file of a folder whose comments are settings. */
function headOf(folder: string): string | undefined {
  const entry = entryOf(folder)
  return entry === undefined || entry === 'package.json' || entry === 'exec' ? undefined : join(folder, entry)
}

/** Names, times and lengths of the files: it changes when one of them does. */
function stateOf(source: string, settings: string): string {
  const parts = [settings]
  const visit = (path: string): void => {
    const { mtimeMs, size, ino } = statSync(path)
    parts.push(`${path}:${mtimeMs}:${size}:${ino}`)
    if (statSync(path).isDirectory()) for (const name of readdirSync(path)) visit(join(path, name))
  }
  visit(source)
  return parts.join('\n')
}

/** Without the members that are undefined. */
function defined<T extends object>(given: { [Key in keyof T]?: T[Key] | undefined } | undefined): T {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as T
}
