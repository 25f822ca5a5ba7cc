import type { ActivationMessage } from '../../messages/activation-message.ts'
import { authKeyText, type Identity } from '../../model/identity.ts'
import { isTruthy, parameterValue } from '../../model/parameters.ts'
import type { ContainerOwnerView } from './container-view.ts'
import type { LoadedAction } from './loaded-action.ts'

/** What all activations of an action in the name of one caller have in common. */
export interface ActionOfCaller {
  /** Containers of one key may run the activations of one another. */
  readonly key: string
  readonly owner: ContainerOwnerView
  readonly runFields: RunFields
}

/** Of the body of `/run`, what is the same each time, JSON text. */
export interface RunFields {
  /** `namespace`, `action_name` and `action_version`. */
  readonly first: string
  /** `,"api_key":…`, for actions that are given it. */
  readonly apiKey: string
}

interface Known extends ActionOfCaller {
  readonly user: Identity
  readonly action: ActivationMessage['action']
}

/** Of each action the last caller: most have but one. */
const lastOf = new WeakMap<LoadedAction, Known>()

export function actionOfCaller(message: ActivationMessage, loaded: LoadedAction): ActionOfCaller {
  const last = lastOf.get(loaded)
  if (last && isSameUser(last.user, message.user) && isSameName(last.action, message.action)) return last
  const known = describe(message, loaded)
  lastOf.set(loaded, known)
  return known
}

function describe({ user, action: reference }: ActivationMessage, { action, revision, kind }: LoadedAction): Known {
  const { path, name, version, binding } = reference
  const namespace = user.namespace.name
  const fields = { namespace, action_name: `/${path}/${name}`, action_version: version ?? action.version }
  const givesKey = isTruthy(parameterValue(action.annotations, 'provide-api-key'), true)
  return {
    user,
    action: reference,
    key: `${user.namespace.uuid} ${namespace}/${path}/${name} ${binding ?? ''} ${revision}`,
    owner: { namespace, action: `${path}/${name}`, kind },
    runFields: {
      first: JSON.stringify(fields).slice(1, -1),
      apiKey: givesKey ? `,"api_key":${JSON.stringify(authKeyText(user.authkey))}` : '',
    },
  }
}

function isSameUser(one: Identity, other: Identity): boolean {
  return (
    one === other ||
    (one.namespace.uuid === other.namespace.uuid &&
      one.namespace.name === other.namespace.name &&
      one.authkey.key === other.authkey.key &&
      one.authkey.uuid === other.authkey.uuid)
  )
}

function isSameName(one: ActivationMessage['action'], other: ActivationMessage['action']): boolean {
  return (
    one.name === other.name && one.path === other.path && one.version === other.version && one.binding === other.binding
  )
}
