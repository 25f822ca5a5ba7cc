import type { ContainerFactory } from '@stemcell/core'
import type { DataFolder } from './data-folder.ts'

type Isolation = ContainerFactory['capabilities']['isolation']

const CONTAINERS: Readonly<Record<Isolation, string>> = {
  none: 'none: actions run inside this process; for trusted code only',
  process: 'processes of this user; for trusted code only',
  container: 'isolated',
}

/** What a person who started the server needs to know, once, in plain text. */
export function banner(url: string, data: DataFolder, isolation: Isolation, gatewayUrl: string | undefined): string {
  const apis = gatewayUrl === undefined ? '' : `\n    APIs        ${gatewayUrl}`
  return `
  Stemcell is ready at ${url}
    namespace   guest
    data        ${data.path}
    key         ${data.guestKey} (mode 600; also in ${data.wskProperties})
    containers  ${CONTAINERS[isolation]}${apis}

  Try it:
    curl -u "$(cat ${shellQuote(data.guestKey)})" ${url}/api/v1/namespaces/_/actions
    WSK_CONFIG_FILE=${shellQuote(data.wskProperties)} wsk action list

`
}

function shellQuote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
