import { parseJson, type JsonObject, type JsonValue } from '@stemcell/core'
import type { Api, ApiStore } from '../apis/api-store.ts'
import { problemOf } from '../apis/check-document.ts'
import { emptyDocument, withEndpoint, type Endpoint } from '../apis/edit-document.ts'
import { isObject, listAt, textAt } from '../apis/json.ts'
import { readActionName, webActionUrl } from '../apis/web-action-url.ts'
import { textParameter, type ApiCall } from './caller.ts'
import { Refusal } from './refusal.ts'
import { shownApi } from './shown-api.ts'

const NO_SUBSCRIPTIONS: Api['subscriptions'] = []

/** Adds an endpoint to an API, which is made when there is none, or replaces an API by a Swagger document. */
export async function createApi(store: ApiStore, call: ApiCall): Promise<JsonObject> {
  const given = readApidoc(call.parameters['apidoc'])
  const swagger = readSwagger(given)
  const wanted = swagger ? { basePath: textAt(swagger, 'basePath') ?? '', swagger } : readEndpoint(given, call)
  const api = await store.change(
    call.namespace,
    ({ basePath }) => basePath === wanted.basePath,
    (found) => {
      const document =
        'swagger' in wanted
          ? wanted.swagger
          : withEndpoint(found?.document ?? emptyDocument(wanted.basePath, wanted.apiName), wanted.endpoint)
      const problem = problemOf(document)
      if (problem !== undefined) throw new Refusal(`API creation failure: ${problem}`)
      return { document, subscriptions: found?.subscriptions ?? NO_SUBSCRIPTIONS }
    },
  )
  return shownApi(api!, call.namespace, call.gatewayUrl)
}

function readApidoc(given: JsonValue | undefined): JsonObject {
  if (given === undefined || given === null || given === '' || given === false || given === 0) {
    throw new Refusal('apidoc is required.')
  }
  return parsed(
    given,
    'apidoc',
    (type) => `apidoc field is of type ${type} and should be a JSON object or a JSON string.`,
  )
}

function readSwagger(apidoc: JsonObject): JsonObject | undefined {
  if (isMissing(apidoc, 'namespace')) throw new Refusal('apidoc is missing the namespace field')
  if (isMissing(apidoc, 'swagger')) return undefined
  if (!isMissing(apidoc, 'gatewayBasePath')) {
    throw new Refusal('swagger and gatewayBasePath are mutually exclusive and cannot be specified together.')
  }
  const swagger = parsed(
    apidoc['swagger']!,
    'swagger',
    (type) => `swagger field is ${type} and should be an object or a JSON string.`,
  )
  for (const field of ['basePath', 'paths', 'info']) {
    if (isMissing(swagger, field)) throw new Refusal(`swagger is missing the ${field} field.`)
  }
  return swagger
}

interface WantedEndpoint {
  readonly basePath: string
  readonly apiName: string | undefined
  readonly endpoint: Endpoint
}

function readEndpoint(apidoc: JsonObject, call: ApiCall): WantedEndpoint {
  for (const field of ['gatewayBasePath', 'gatewayPath', 'gatewayMethod']) {
    if (isMissing(apidoc, field)) throw new Refusal(`apidoc is missing the ${field} field`)
  }
  const { action } = apidoc
  if (isMissing(apidoc, 'action') || !isObject(action)) throw new Refusal('apidoc is missing the action field.')
  for (const field of ['backendMethod', 'backendUrl', 'namespace', 'name', 'authkey']) {
    if (isMissing(action, field)) throw new Refusal(`action is missing the ${field} field.`)
  }
  const responseType = textParameter(call, 'responsetype') ?? 'json'
  const given = readActionName(written(action, 'namespace'), written(action, 'name'))
  const name = { ...given, namespace: given.namespace === '_' ? call.namespace : given.namespace }
  const url = webActionUrl(written(action, 'backendUrl'), name, responseType)
  if (url === undefined)
    throw new Refusal('API creation failure: the backendUrl of the action is not a URL of http or https.')
  const { secureKey } = action
  return {
    basePath: written(apidoc, 'gatewayBasePath'),
    apiName: isMissing(apidoc, 'apiName') ? undefined : written(apidoc, 'apiName'),
    endpoint: {
      path: written(apidoc, 'gatewayPath'),
      verb: written(apidoc, 'gatewayMethod'),
      name,
      url,
      responseType,
      parameters: listAt(apidoc, 'pathParameters'),
      ...(secureKey === undefined ? {} : { secureKey }),
    },
  }
}

/** An object, or the text of one. */
function parsed(given: JsonValue, field: string, mistyped: (type: string) => string): JsonObject {
  let value = given
  if (typeof given === 'string') {
    try {
      value = parseJson(given)
    } catch (error) {
      if (error instanceof SyntaxError) throw new Refusal(`${field} field cannot be parsed. Ensure it is valid JSON.`)
      throw error
    }
  }
  if (!isObject(value))
    throw new Refusal(mistyped(Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value))
  return value
}

/** As JavaScript counts: an empty text is missing, too. */
function isMissing(object: JsonObject, field: string): boolean {
  return !Object.hasOwn(object, field) || !object[field]
}

/** What a field says; of what is no text its JSON. */
function written(object: JsonObject, field: string): string {
  return textAt(object, field) ?? JSON.stringify(object[field])
}
