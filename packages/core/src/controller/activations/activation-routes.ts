import { isPlatformError } from '../../errors.ts'
import type { Activation } from '../../model/activation.ts'
import type { ControllerParts } from '../parts/controller-parts.ts'
import { jsonAnswer, type Answer } from '../http/answer.ts'
import { requireOwner } from '../admission/entitlement.ts'
import { errors } from '../http/error-responses.ts'
import type { Call, UserRoute } from '../http/route.ts'
import { targetNamespace } from '../admission/target-namespace.ts'
import { ACTIVATION_PARAMETERS, parseActivationQuery } from './activation-query.ts'
import { extendedRecordText, responseText } from './extended-record.ts'
import { stringifyJson } from '../../model/json-number.ts'
import { Refusal } from '../refusals/refusal.ts'

const COLLECTION = '/api/v1/namespaces/{namespace}/activations'
const ID_LENGTH = 32
const ID = /^[0-9a-f]+$/

/** `…/activations`: the records of a namespace, for its owner. */
export function activationRoutes(parts: ControllerParts): readonly UserRoute[] {
  const { activationStore, logStore, limits, logger, logsOutliveRecords = false } = parts
  const common = { method: 'GET', auth: 'basic', tag: 'Activations' } as const

  const lookUp = (call: Call): Promise<Activation | undefined> => {
    const namespace = targetNamespace(call)
    const id = activationId(call)
    requireOwner(call.user, 'READ', namespace, id)
    return activationStore.get(namespace, id)
  }

  const find = async (call: Call): Promise<Activation> => {
    const activation = await lookUp(call)
    if (!activation) throw new Refusal('not-found')
    return activation
  }

  const list = async (call: Call): Promise<Answer> => {
    const namespace = targetNamespace(call)
    requireOwner(call.user, 'READ', namespace)
    const { filter, skip, limit, count, docs } = parseActivationQuery(call.rawQuery, namespace, limits)
    if (count) {
      const activations = Math.max(0, (await activationStore.count(filter)) - skip)
      return jsonAnswer(200, stringifyJson({ activations }))
    }
    if (docs) {
      const records = await activationStore.list({ ...filter, skip, limit, full: true })
      return jsonAnswer(200, `[${records.flatMap((record) => shown(record) ?? []).join(',')}]`)
    }
    return jsonAnswer(200, stringifyJson(await activationStore.list({ ...filter, skip, limit, full: false })))
  }

  /** One that cannot be shown is left out of a listing. */
  const shown = (record: Activation): string | undefined => {
    try {
      return extendedRecordText(record)
    } catch (error) {
      if (!isPlatformError(error, 'ERR_CORRUPT')) throw error
      logger.error({ err: error }, 'an activation record is left out of a listing')
      return undefined
    }
  }

  return [
    {
      ...common,
      path: COLLECTION,
      operationId: 'getActivations',
      trailingSlash: true,
      summary: 'Activations of a namespace, the latest first',
      query: ACTIVATION_PARAMETERS,
      responses: { 200: 'ActivationList', ...errors(400, 403) },
      handle: list,
    },
    {
      ...common,
      path: `${COLLECTION}/{activationid}`,
      operationId: 'getActivationById',
      trailingSlash: true,
      summary: 'Read an activation',
      responses: { 200: 'Activation', ...errors(400, 403, 404) },
      handle: async (call) => jsonAnswer(200, extendedRecordText(await find(call))),
    },
    {
      ...common,
      path: `${COLLECTION}/{activationid}/logs`,
      operationId: 'getActivationLogs',
      summary: 'Read the logs of an activation',
      responses: { 200: 'ActivationLogs', ...errors(400, 403, 404) },
      handle: async (call) => {
        const activation = logsOutliveRecords ? await lookUp(call) : await find(call)
        const logs = await logStore.fetch(activationId(call), activation, call.user)
        if (!logs) throw new Refusal('not-found')
        return jsonAnswer(200, JSON.stringify({ logs }))
      },
    },
    {
      ...common,
      path: `${COLLECTION}/{activationid}/result`,
      operationId: 'getActivationResult',
      summary: 'Read the result of an activation',
      responses: { 200: 'ActivationResult', ...errors(400, 403, 404) },
      handle: async (call) => jsonAnswer(200, responseText((await find(call)).response)),
    },
  ]
}

function activationId({ params }: Call): string {
  const id = params['activationid']!
  if (id.length !== ID_LENGTH) throw new Refusal('activation-id-length', { length: id.length })
  if (!ID.test(id)) throw new Refusal('activation-id-illegal')
  return id
}
