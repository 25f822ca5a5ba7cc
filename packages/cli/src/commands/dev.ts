import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CommandEnd, pause, type Context, type OwnServer } from '../context.ts'
import { ActivationFeed } from '../dev/activation-feed.ts'
import { activationLines } from '../dev/activation-lines.ts'
import { Inspection } from '../dev/inspection.ts'
import { Redeployer } from '../dev/redeployer.ts'
import { watchFiles } from '../dev/watch-files.ts'
import { changeName } from '../project/apply.ts'
import { Api, ApiError } from '../server/api.ts'
import type { Connection } from '../server/connection.ts'
import { findServer, serverHere } from '../server/find-server.ts'
import { Style } from '../terminal/style.ts'
import { webUrls } from './deploy.ts'
import type { ServerFlags } from './connect.ts'

export interface DevFlags extends ServerFlags {
  readonly inspect?: string
  readonly open?: boolean
  readonly port?: number
  readonly manifest?: string
  readonly deployment?: string
}

const USUAL_PORT = 3233
const POLL_MS = 150
const DATA_FOLDER = 'stemcell-data'

/** Deploys a project whenever something in it is saved, and shows what runs, until the user wants an end. */
export async function dev(folder: string, flags: DevFlags, context: Context): Promise<void> {
  if (!statSync(resolve(context.cwd, folder), { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandEnd(1, `there is no folder ${folder}`)
  }
  const { connection, own } = await serverFor(flags, context)
  const api = new Api(connection)
  try {
    await new DevSession(folder, flags, api, context).run()
  } finally {
    api.close()
    await own?.close()
  }
}

class DevSession {
  readonly #folder: string
  readonly #flags: DevFlags
  readonly #api: Api
  readonly #context: Context
  readonly #style: Style
  readonly #inspection: Inspection | undefined
  readonly #redeployer: Redeployer

  constructor(folder: string, flags: DevFlags, api: Api, context: Context) {
    this.#folder = folder
    this.#flags = flags
    this.#api = api
    this.#context = context
    this.#style = Style.for(context, context.stdout)
    this.#inspection = flags.inspect === undefined ? undefined : new Inspection(flags.inspect)
    this.#redeployer = new Redeployer({
      folder,
      api,
      context,
      inspection: this.#inspection,
      manifest: flags.manifest,
      deployment: flags.deployment,
      events: {
        deployed: (changes, ms) => this.#deployed(changes.map(changeName), ms),
        faulty: (message) =>
          this.#say(`${this.#style.error()} ${message}\n${this.#style.dim('the code of before goes on serving')}`),
        warned: (warning) => this.#say(`warning: ${warning}`),
      },
    })
  }

  async run(): Promise<void> {
    const { cwd, signal, clock } = this.#context
    this.#say(`Server ${this.#style.bold(this.#api.connection.apihost)} (${this.#api.connection.source})`)
    const from = clock.now()
    const path = resolve(cwd, this.#folder)
    const watch = watchFiles([path], () => this.#redeployer.changed())
    try {
      await watch.ready
      this.#redeployer.changed()
      await this.#redeployer.settled()
      const others = this.#redeployer.projects.map(({ folder }) => folder).filter((folder) => folder !== path)
      const more = others.length > 0 ? watchFiles(others, () => this.#redeployer.changed()) : undefined
      try {
        await more?.ready
        this.#begin()
        await Promise.all([this.#show(from), this.#watchInspector()])
      } finally {
        await more?.close()
      }
      await this.#redeployer.leave()
    } finally {
      await watch.close()
    }
    if (signal.aborted) this.#say('stopped')
  }

  #begin(): void {
    const { server, projects } = this.#redeployer
    const urls = server ? projects.flatMap((project) => webUrls(project, server, this.#api)) : []
    for (const url of urls) this.#say(`    ${url}`)
    if (this.#flags.open === true) {
      const [first] = urls
      if (first === undefined) this.#say('warning: there is no web action to open')
      else this.#context.openPage(first)
    }
    this.#say(`Watching ${this.#folder}; Ctrl-C ends it`)
  }

  #deployed(changes: readonly string[], ms: number): void {
    const { ok, bold } = { ok: this.#style.ok(), bold: (text: string) => this.#style.bold(text) }
    if (changes.length > 0) this.#say(`${ok} ${bold(changes.join(', '))} deployed in ${Math.round(ms)} ms`)
  }

  /** Activations as they end. */
  async #show(from: number): Promise<void> {
    const feed = new ActivationFeed(this.#api, from)
    let told = ''
    while (!this.#context.signal.aborted) {
      try {
        for (const record of await feed.next()) this.#say(activationLines(record, this.#style).join('\n'))
        told = ''
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (told !== error.message) this.#say(`${this.#style.error()} the server: ${error.message}`)
        told = error.message
      }
      await pause(POLL_MS, this.#context)
    }
  }

  /** Says where a debugger finds the action, each time it begins to wait for one. */
  async #watchInspector(): Promise<void> {
    const inspection = this.#inspection
    if (!inspection) return
    this.#say(`${inspection.action} waits for a debugger on 127.0.0.1 when it is invoked the next time`)
    let told = ''
    while (!this.#context.signal.aborted) {
      const address = await inspection.address()
      if (address !== undefined && address !== told) {
        told = address
        this.#say(
          `debugger of ${inspection.action}: ${address}\n    chrome://inspect, or attach an editor to 127.0.0.1:${inspection.port}`,
        )
      }
      await pause(POLL_MS, this.#context)
    }
  }

  #say(text: string): void {
    this.#context.stdout.write(`${text}\n`)
  }
}

interface Server {
  readonly connection: Connection
  readonly own?: OwnServer
}

/**
 * The server that flags or the environment name, else one that runs here, else one of its own. Property files of the
 * user are passed over: what is tried out must not go to a server that others use.
 */
async function serverFor(flags: DevFlags, context: Context): Promise<Server> {
  const { apihost, auth, insecure, data, port = USUAL_PORT } = flags
  const { environment, cwd } = context
  const isNamed =
    apihost !== undefined || data !== undefined || 'WHISK_APIHOST' in environment || 'WSK_CONFIG_FILE' in environment
  if (isNamed) {
    const connection = findServer({ apihost, auth, insecure, data }, context)
    if (connection && (data === undefined || (await answers(connection)))) return { connection }
    if (data === undefined) throw new CommandEnd(1, 'the server that was named has no key: give one with --auth')
  } else {
    const [, file] = serverHere(cwd)
    const connection = file === undefined ? undefined : findServer({ data: join(file, '..') }, context)
    if (connection && (await answers(connection))) return { connection }
  }
  if (!context.startServer) throw new CommandEnd(1, 'no server runs here, and none can be started')
  const own = await context.startServer({ data: resolve(cwd, data ?? DATA_FOLDER), port })
  const connection = findServer({ data: own.data }, context)
  if (!connection) throw new CommandEnd(1, `the server that was started left no .wskprops in ${own.data}`)
  return { connection: { ...connection, source: `started here, data in ${own.data}` }, own }
}

/** Whether it is there and knows the key. */
async function answers(connection: Connection): Promise<boolean> {
  const api = new Api(connection)
  try {
    await api.request('GET', 'namespaces')
    return true
  } catch (error) {
    if (error instanceof ApiError) return false
    throw error
  } finally {
    api.close()
  }
}
