import { SystemActionError, type JsonObject } from '@stemcell/core'

const EXTENSIONS = ['.json', '.text', '.html', '.http']

/** Where an action or a trigger of a namespace is activated. @throws SystemActionError there is no such place. */
export function hostUrl({ web, ext, trigger, path }: JsonObject, apiHost: string, namespace: string): string {
  const isWeb = web === true
  const isTrigger = Boolean(trigger)
  const name = typeof path === 'string' ? path : ''
  if (isWeb && isTrigger) throw new SystemActionError('triggers are not allowed for web actions.')
  if (isWeb && ext && !EXTENSIONS.includes(ext as string)) {
    throw new SystemActionError('extension for web action must be one of [".json", ".text", ".html", ".http"].')
  }
  if (isTrigger && name.includes('/')) throw new SystemActionError('triggers are not allowed in packages.')

  const api = `${apiHost}/api/v1`
  if (!isWeb) {
    const base = `${api}/namespaces/${namespace}/${trigger === true ? 'triggers' : 'actions'}`
    return name === '' ? base : `${base}/${name}`
  }
  const base = `${api}/web/${namespace}`
  if (name === '') return base
  return `${base}/${name.includes('/') ? name : `default/${name}`}${typeof ext === 'string' && ext ? ext : '.json'}`
}
