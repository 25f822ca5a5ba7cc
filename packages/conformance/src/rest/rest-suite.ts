import assert from 'node:assert/strict'
import type { ContractRow } from './contract-row.ts'
import type { RestTarget } from './rest-target.ts'
import { RowRun } from './row-run.ts'
import { sendRequest } from './send-request.ts'

/** Runs rows on one server, and knows which of them do not apply to it. */
export class RestSuite {
  readonly #target: RestTarget
  readonly #kinds: ReadonlySet<string>
  readonly #packages: ReadonlySet<string>

  private constructor(target: RestTarget, kinds: ReadonlySet<string>, packages: ReadonlySet<string>) {
    this.#target = target
    this.#kinds = kinds
    this.#packages = packages
  }

  /** Asks the server what kinds of actions it runs, and what packages it has. Rejects when it does not answer. */
  static async connect(target: RestTarget): Promise<RestSuite> {
    const { status, text } = await sendRequest(target.baseUrl, { method: 'GET', path: '/', headers: {} })
    assert.equal(status, 200, `GET ${target.baseUrl}/ is answered with ${status} ${text.slice(0, 200)}`)
    const { runtimes = {} } = JSON.parse(text) as { runtimes?: Record<string, readonly { readonly kind: string }[]> }
    const kinds = Object.values(runtimes).flatMap((versions) => versions.map(({ kind }) => kind))
    return new RestSuite(target, new Set(kinds), await systemPackages(target))
  }

  /** Why a row does not apply; undefined when it does. */
  skipReason(row: ContractRow): string | undefined {
    const { other, admit, store, openwhisk, without = [] } = this.#target
    if (openwhisk && row.differs !== undefined) return `OpenWhisk does otherwise: ${row.differs}`
    const missing = (row.needs?.kinds ?? []).filter((kind) => !this.#kinds.has(kind))
    if (missing.length > 0) return `the server does not run actions of kind ${missing.join(', ')}`
    const lacking = (row.needs?.kinds ?? []).filter((kind) => without.includes(kind))
    if (lacking.length > 0) return `the host of the server cannot run ${lacking.join(', ')}`
    const absent = (row.needs?.packages ?? []).filter((name) => !this.#packages.has(name))
    if (absent.length > 0) return `the server has no package /whisk.system/${absent.join(', ')}`
    if (row.needs?.limits && !admit) return 'no namespace with limits of its own can be made'
    if (!other && usesOther(row)) return 'there is no second caller'
    if (!store && row.given?.some((step) => 'stored' in step)) return 'documents cannot be written past the API'
    return undefined
  }

  /** Rejects with what the server does otherwise than the row says. */
  run(row: ContractRow): Promise<void> {
    return RowRun.run(row, this.#target)
  }
}

const WEB_PREFIX = '/api/v1/web/whisk.system/'

async function systemPackages({ baseUrl, owner }: RestTarget): Promise<ReadonlySet<string>> {
  const authorization = `Basic ${Buffer.from(owner.auth).toString('base64')}`
  const path = '/api/v1/namespaces/whisk.system/packages?limit=0'
  const { status, text } = await sendRequest(baseUrl, {
    method: 'GET',
    path,
    headers: ['authorization', authorization],
  })
  assert.equal(status, 200, `GET ${path} is answered with ${status} ${text.slice(0, 200)}`)
  const names = new Set((JSON.parse(text) as readonly { readonly name: string }[]).map(({ name }) => name))
  // That of the API gateway is not shared, and so not listed; its web actions are there without credentials, too.
  const gateway = await sendRequest(baseUrl, { method: 'GET', path: `${WEB_PREFIX}apimgmt/getApi.http`, headers: {} })
  return gateway.status === 404 ? names : names.add('apimgmt')
}

function usesOther({ given = [], when, answer }: ContractRow): boolean {
  const named = (value: unknown): boolean =>
    typeof value === 'string'
      ? value.includes('{other}')
      : typeof value === 'object' && value !== null && Object.entries(value).some((entry) => entry.some(named))
  const acting = [...given, when].some(
    (step) => ('as' in step && step.as === 'other') || ('of' in step && step.of === 'other'),
  )
  return acting || named([given, when, answer])
}
