import type { ContainerFactory } from '@stemcell/core'
import type { DataFolder } from './data-folder.ts'

type Isolation = ContainerFactory['capabilities']['isolation']

const CONTAINERS: Readonly<Record<Isolation, string>> = {
  none: 'none: actions run inside this process; for trusted code only',
  process: 'processes of this user; for trusted code only',
  container: 'isolated',
}

interface BannerFacts {
  readonly url: string
  readonly data: DataFolder
  readonly isolation: Isolation
  readonly gatewayUrl: string | undefined
  /** Where the name and password of its operator are; undefined when there is no console. */
  readonly consoleOperator: string | undefined
}

/** What a person who started the server needs to know, once, in plain text. */
export function banner({ url, data, isolation, gatewayUrl, consoleOperator }: BannerFacts): string {
  const apis = gatewayUrl === undefined ? '' : `\n    APIs        ${gatewayUrl}`
  const console =
    consoleOperator === undefined ? '' : `\n    console     ${url}/console/ (operator: ${consoleOperator})`
  return `
  Stemcell is ready at ${url}
    namespace   guest
    data        ${data.path}
    key         ${data.guestKey} (mode 600; also in ${data.wskProperties})
    containers  ${CONTAINERS[isolation]}${apis}${console}

  Try it:
    curl -u "$(cat ${shellQuote(data.guestKey)})" ${url}/api/v1/namespaces/_/actions
    WSK_CONFIG_FILE=${shellQuote(data.wskProperties)} wsk action list

`
}

function shellQuote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
