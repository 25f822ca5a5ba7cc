/** What a person who started the server needs to know, once, in plain text. */
export function banner(facts: {
  readonly url: string
  readonly data: string
  readonly keyFile: string
  readonly wskProperties: string
  readonly containers: string
}): string {
  const { url, data, keyFile, wskProperties, containers } = facts
  return `
  Stemcell is ready at ${url}
    namespace   guest
    data        ${data}
    key         ${keyFile} (mode 600; also in ${wskProperties})
    containers  ${containers}

  Try it:
    curl -u "$(cat ${shellQuote(keyFile)})" ${url}/api/v1/namespaces/_/actions
    WSK_CONFIG_FILE=${shellQuote(wskProperties)} wsk action list

`
}

function shellQuote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
