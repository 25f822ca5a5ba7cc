import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { annotationsOf, webAnnotations, webOf, type ActionSettings } from '../action-settings.ts'
import { expand, expandValue, type Environment } from '../environment.ts'
import { ProjectError, type Fault } from '../fault.ts'
import {
  inOrder,
  qualified,
  type CodeExec,
  type Entity,
  type JsonValue,
  type Limits,
  type Project,
  type Values,
} from '../model.ts'
import { YamlFile } from '../yaml-file.ts'
import { inputsOf } from './parameter.ts'

const MANIFESTS = ['manifest.yaml', 'manifest.yml'] as const
const DEPLOYMENTS = ['deployment.yaml', 'deployment.yml'] as const

/** Endings for code that stands in the manifest itself, by family of the runtime. */
const INLINE_ENDINGS: Readonly<Record<string, string>> = {
  nodejs: '.js',
  python: '.py',
  php: '.php',
  ruby: '.rb',
  go: '.go',
  rust: '.rs',
  swift: '.swift',
}

export interface ManifestOptions {
  readonly manifest: string | undefined
  readonly deployment: string | undefined
  readonly environment: Environment
  /** What the code of an action becomes, or what is wrong with it. */
  readonly code: (source: string, settings: ActionSettings, name: string) => Promise<CodeExec | Fault[]>
  readonly shown: (path: string) => string
}

type Node = Readonly<Record<string, unknown>>
type Path = readonly string[]

export function isManifestFolder(folder: string): boolean {
  return MANIFESTS.some((name) => existsSync(join(folder, name)))
}

/**
 * Reads what wskdeploy deploys: a manifest, and a deployment file with values for its inputs.
 * @throws ProjectError with everything that is wrong
 */
export async function readManifest(folder: string, options: ManifestOptions): Promise<Project> {
  return new ManifestReader(folder, options).read()
}

/** What a manifest is called. @throws ProjectError it is no YAML */
export function manifestName(
  folder: string,
  { manifest, environment, shown }: Pick<ManifestOptions, 'manifest' | 'environment' | 'shown'>,
): string {
  const names = manifest === undefined ? MANIFESTS : [manifest]
  const file = names.map((name) => resolve(folder, name)).find((path) => existsSync(path))
  const yaml = file === undefined ? undefined : YamlFile.read(file, shown(file))
  const faults = yaml?.faults() ?? []
  if (faults.length > 0) throw new ProjectError(faults)
  return nameOf(nodeOf(yaml?.content()), folder, environment)
}

function nameOf(content: Node, folder: string, environment: Environment): string {
  const { name } = nodeOf(content['project'] ?? content['application'])
  return typeof name === 'string' ? expand(name, environment, () => '') : basename(folder)
}

class ManifestReader {
  readonly #folder: string
  readonly #options: ManifestOptions
  readonly #faults: Fault[] = []
  readonly #warnings: string[] = []
  readonly #entities: Entity[] = []
  #yaml!: YamlFile
  #deployment: Node = {}

  constructor(folder: string, options: ManifestOptions) {
    this.#folder = folder
    this.#options = options
  }

  async read(): Promise<Project> {
    const { manifest, deployment } = this.#options
    this.#yaml = this.#open(manifest, MANIFESTS)!
    const second = this.#open(deployment, DEPLOYMENTS)
    this.#throwIfWrong([...this.#yaml.faults(), ...(second?.faults() ?? [])])
    const content = nodeOf(this.#yaml.content())
    this.#deployment = packagesOf(nodeOf(second?.content()))[0]
    const [packages, path] = packagesOf(content)
    if (Object.keys(packages).length === 0) {
      const fix = 'write packages: NAME: actions: …'
      this.#throwIfWrong([this.#yaml.fault([], 'the manifest has no packages', fix)])
    }
    for (const [name, entry] of Object.entries(packages)) {
      await this.#package(this.#text(name), nodeOf(entry), [...path, name])
    }
    this.#throwIfWrong(this.#faults)
    return {
      name: nameOf(content, this.#folder, this.#options.environment),
      folder: this.#folder,
      entities: inOrder(this.#entities),
      warnings: this.#warnings,
      lenientKinds: true,
    }
  }

  #open(given: string | undefined, usual: readonly string[]): YamlFile | undefined {
    const names = given === undefined ? usual : [given]
    const file = names.map((name) => resolve(this.#folder, name)).find((path) => existsSync(path))
    if (file === undefined && given !== undefined) {
      throw new ProjectError([{ message: `there is no ${this.#options.shown(resolve(this.#folder, given))}` }])
    }
    return file === undefined ? undefined : YamlFile.read(file, this.#options.shown(file))
  }

  async #package(name: string, entry: Node, path: Path): Promise<void> {
    const values = nodeOf(this.#deployment[name])
    const isDefault = name === 'default'
    if (!isDefault) {
      this.#entities.push({
        kind: 'package',
        name,
        parameters: { ...this.#inputs(entry['inputs']), ...this.#inputs(values['inputs']) },
        annotations: { ...this.#annotations(entry), ...this.#annotations(values) },
        shared: entry['public'] === true,
      })
    }
    for (const [action, content] of Object.entries(nodeOf(entry['actions']))) {
      const given = nodeOf(nodeOf(values['actions'])[action])
      await this.#action(this.#inPackage(name, this.#text(action)), nodeOf(content), given, [
        ...path,
        'actions',
        action,
      ])
    }
    for (const [sequence, content] of Object.entries(nodeOf(entry['sequences']))) {
      this.#sequence(name, sequence, nodeOf(content), [...path, 'sequences', sequence])
    }
    for (const [trigger, content] of Object.entries(nodeOf(entry['triggers']))) {
      this.#trigger(this.#text(trigger), nodeOf(content), nodeOf(nodeOf(values['triggers'])[trigger]))
    }
    for (const [rule, content] of Object.entries(nodeOf(entry['rules']))) {
      this.#rule(name, this.#text(rule), nodeOf(content), [...path, 'rules', rule])
    }
    this.#apis(name, nodeOf(entry['apis']), [...path, 'apis'])
    this.#dependencies(nodeOf(entry['dependencies']), [...path, 'dependencies'])
  }

  async #action(name: string, entry: Node, given: Node, path: Path): Promise<void> {
    const runtime = textOf(entry['runtime'] ?? entry['kind'])
    const settings: ActionSettings = {
      ...(runtime !== undefined && { kind: kindOf(this.#text(runtime)) }),
      ...(typeof entry['main'] === 'string' && { main: entry['main'] }),
      ...(typeof entry['docker'] === 'string' && { docker: entry['docker'] }),
      ...(entry['native'] === true && { native: true }),
      limits: this.#limits(nodeOf(entry['limits']), [...path, 'limits']),
      parameters: { ...this.#inputs(entry['inputs']), ...this.#inputs(given['inputs']) },
      annotations: {},
    }
    const exec = await this.#code(name, entry, settings, path)
    if (!exec) return
    this.#entities.push({
      kind: 'action',
      name,
      exec,
      parameters: settings.parameters,
      annotations: { ...this.#actionAnnotations(entry, path), ...this.#annotations(given) },
      limits: settings.limits,
      source: this.#sourceOf(entry) ?? this.#folder,
    })
  }

  async #code(name: string, entry: Node, settings: ActionSettings, path: Path): Promise<CodeExec | undefined> {
    const { code } = entry
    const source = this.#sourceOf(entry)
    const isFromNetwork = /^https?:|^github\.com\//.test(textOf(entry['function'] ?? entry['location']) ?? '')
    if (isFromNetwork) {
      const fix = 'put it into the project, and name the file'
      this.#faults.push(this.#yaml.fault([...path, 'function'], 'functions are not fetched from the network', fix))
      return undefined
    }
    if (typeof code === 'string') {
      const ending = INLINE_ENDINGS[settings.kind?.split(':')[0] ?? '']
      if (ending === undefined) {
        this.#faults.push(
          this.#yaml.fault([...path, 'code'], 'code in a manifest needs a runtime', 'add runtime: nodejs'),
        )
        return undefined
      }
      return this.#inlineCode(name, code, ending, settings, path)
    }
    if (source === undefined || !existsSync(source)) {
      const message = source === undefined ? `${name} has no function` : `there is no ${this.#options.shown(source)}`
      this.#faults.push(this.#yaml.fault([...path, 'function'], message, 'name the file of its code with function:'))
      return undefined
    }
    const exec = await this.#options.code(source, settings, name)
    if (!Array.isArray(exec)) return exec
    this.#faults.push(...exec)
    return undefined
  }

  async #inlineCode(
    name: string,
    code: string,
    ending: string,
    settings: ActionSettings,
    path: Path,
  ): Promise<CodeExec | undefined> {
    const folder = mkdtempSync(join(tmpdir(), 'stemcell-inline-'))
    try {
      const file = join(folder, `${basename(name)}${ending}`)
      writeFileSync(file, code)
      const exec = await this.#options.code(file, settings, name)
      if (!Array.isArray(exec)) return exec
      for (const { message, line = 1 } of exec) {
        this.#faults.push(this.#yaml.fault([...path, 'code'], `line ${line} of the code: ${message}`))
      }
      return undefined
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  #sourceOf(entry: Node): string | undefined {
    const name = textOf(entry['function'] ?? entry['location'])
    return name === undefined ? undefined : resolve(this.#folder, this.#text(name))
  }

  #actionAnnotations(entry: Node, path: Path): Values {
    const annotations = this.#annotations(entry)
    const said = entry['web'] ?? entry['web-export'] ?? annotations['web-export']
    if (said === undefined) return annotations
    const web = typeof said === 'string' || typeof said === 'boolean' ? webOf(said) : undefined
    if (web === undefined) {
      const message = `web is true, yes, raw, false or no, not ${JSON.stringify(said)}`
      this.#faults.push(this.#yaml.fault([...path, 'web'], message))
      return annotations
    }
    const raw = web === 'yes' && entry['raw-http'] === true
    return { ...annotationsOf({ limits: {}, parameters: {}, annotations, web: raw ? 'raw' : web }) }
  }

  #limits(limits: Node, path: Path): Limits {
    const found: Record<string, number> = {}
    const names = { timeout: 'timeout', memorySize: 'memory', logSize: 'logs', concurrency: 'concurrency' } as const
    for (const [key, value] of Object.entries(limits)) {
      const name = (names as Readonly<Record<string, string>>)[key]
      const number = /^(\d+)\s*(?:ms|MB)?$/.exec(String(value))?.[1]
      if (name === undefined) this.#warnings.push(`${this.#yaml.shown}: the limit ${key} is not one of an action`)
      else if (number === undefined) {
        this.#faults.push(this.#yaml.fault([...path, key], `${key} is a whole number, not ${String(value)}`))
      } else found[name] = Number(number)
    }
    return found
  }

  #sequence(pack: string, name: string, entry: Node, path: Path): void {
    const actions = textOf(entry['actions'])
    if (actions === undefined) {
      const fix = 'write actions: first, second'
      this.#faults.push(this.#yaml.fault(path, `the sequence ${name} has no actions`, fix))
      return
    }
    const components = actions.split(',').map((one) => this.#reference(pack, this.#text(one.trim())))
    this.#entities.push({
      kind: 'action',
      name: this.#inPackage(pack, this.#text(name)),
      exec: { kind: 'sequence', components },
      parameters: {},
      annotations: this.#actionAnnotations(entry, path),
      limits: {},
      source: this.#folder,
    })
  }

  #trigger(name: string, entry: Node, given: Node): void {
    const feed = textOf(entry['feed'] ?? entry['source'])
    const inputs = { ...this.#inputs(entry['inputs']), ...this.#inputs(given['inputs']) }
    this.#entities.push({
      kind: 'trigger',
      name,
      parameters: feed === undefined ? inputs : {},
      annotations: { ...this.#annotations(entry), ...this.#annotations(given) },
      ...(feed !== undefined && { feed: { action: qualified(this.#text(feed)), parameters: inputs } }),
    })
  }

  #rule(pack: string, name: string, entry: Node, path: Path): void {
    const trigger = textOf(entry['trigger'])
    const action = textOf(entry['action'])
    if (trigger === undefined || action === undefined) {
      this.#faults.push(this.#yaml.fault(path, `the rule ${name} needs a trigger and an action`))
      return
    }
    this.#entities.push({
      kind: 'rule',
      name,
      trigger: qualified(this.#text(trigger)),
      action: this.#reference(pack, this.#text(action)),
      annotations: this.#annotations(entry),
    })
  }

  #apis(pack: string, apis: Node, path: Path): void {
    for (const [title, bases] of Object.entries(apis)) {
      for (const [base, paths] of Object.entries(nodeOf(bases))) {
        for (const [relative, actions] of Object.entries(nodeOf(paths))) {
          for (const [action, content] of Object.entries(nodeOf(actions))) {
            const operation = nodeOf(content)
            const verb = textOf(typeof content === 'string' ? content : operation['method'])
            if (verb === undefined) {
              const at = [...path, title, base, relative, action]
              this.#faults.push(this.#yaml.fault(at, `the operation of ${action} has no method`))
              continue
            }
            this.#api(pack, { title, base, relative, action, verb, response: textOf(operation['response']) })
          }
        }
      }
    }
  }

  #api(
    pack: string,
    one: { title: string; base: string; relative: string; action: string; verb: string; response: string | undefined },
  ): void {
    const basePath = `/${one.base.replace(/^\//, '')}`
    const path = `/${one.relative.replace(/^\//, '')}`
    const action = this.#reference(pack, one.action)
    this.#entities.push({
      kind: 'api',
      name: `${one.verb.toUpperCase()} ${basePath}${path}`,
      basePath,
      path,
      verb: one.verb.toLowerCase(),
      action,
      responseType: one.response ?? 'http',
      title: one.title,
    })
    // Only web actions can be behind an API; others are made some.
    const index = this.#entities.findIndex((entity) => entity.kind === 'action' && qualified(entity.name) === action)
    const entity = this.#entities[index]
    if (entity?.kind === 'action' && entity.annotations['web-export'] !== true) {
      this.#entities[index] = { ...entity, annotations: { ...entity.annotations, ...webAnnotations('yes') } }
    }
  }

  /** Packages of others are bound. */
  #dependencies(dependencies: Node, path: Path): void {
    for (const [name, content] of Object.entries(dependencies)) {
      const entry = nodeOf(content)
      const location = this.#text(textOf(entry['location']) ?? '')
      const [, namespace = '', target = ''] = /^\/([^/]+)\/([^/]+)$/.exec(location) ?? []
      if (target === '') {
        const message = `the dependency ${name} is not a package of the server`
        const fix = 'only locations such as /whisk.system/utils are bound; nothing is fetched from the network'
        this.#faults.push(this.#yaml.fault([...path, name, 'location'], message, fix))
        continue
      }
      this.#entities.push({
        kind: 'package',
        name,
        parameters: this.#inputs(entry['inputs']),
        annotations: this.#annotations(entry),
        shared: false,
        binding: { namespace, name: target },
      })
    }
  }

  #inputs(inputs: unknown): Record<string, JsonValue> {
    return inputsOf(inputs, this.#options.environment, (name) => this.#missing(name))
  }

  #annotations(entry: Node): Values {
    const annotations = nodeOf(entry['annotations']) as Values
    return expandValue(annotations, this.#options.environment, (name) => this.#missing(name)) as Values
  }

  #text(text: string): string {
    return expand(text, this.#options.environment, (name) => this.#missing(name))
  }

  /** As wskdeploy has it: nothing. */
  #missing(name: string): string {
    const warning = `${this.#yaml.shown}: the environment has no ${name}: it is left empty`
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning)
    return ''
  }

  #inPackage(pack: string, name: string): string {
    return pack === 'default' ? name : `${pack}/${name}`
  }

  /** A plain name is one of the same package. */
  #reference(pack: string, name: string): string {
    return qualified(name.includes('/') ? name : this.#inPackage(pack, name))
  }

  #throwIfWrong(faults: readonly Fault[]): void {
    if (faults.length > 0) throw new ProjectError(faults)
  }
}

/** Packages by name, and where they stand: below `project`, at the top, or a single one as `package`. */
function packagesOf(content: Node): [packages: Node, path: Path] {
  for (const key of ['project', 'application']) {
    const within = nodeOf(content[key])
    if (within['packages'] !== undefined) return [nodeOf(within['packages']), [key, 'packages']]
    const single = nodeOf(within['package'])
    if (typeof single['name'] === 'string') return [{ [single['name']]: single }, [key]]
  }
  if (content['packages'] !== undefined) return [nodeOf(content['packages']), ['packages']]
  const single = nodeOf(content['package'])
  return typeof single['name'] === 'string' ? [{ [single['name']]: single }, []] : [{}, []]
}

/** `nodejs@20`, `nodejs:20` or `nodejs`, which is its default. */
function kindOf(runtime: string): string {
  const kind = runtime.replace('@', ':')
  return kind.includes(':') ? kind : `${kind}:default`
}

function nodeOf(value: unknown): Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Node) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
