const CONTROLLER = 'controller'

/** Under which names of owners `ActivationStore.putProvisional` is called, see `finalizeOrphans`. */
export function controllerOwner(controllerId: string): string {
  return `${CONTROLLER}${controllerId}`
}

export function invokerOwner(instanceId: number): string {
  return `invoker${instanceId}`
}

/** The id of the controller that is called so as an owner; undefined when the owner is none. */
export function controllerOfOwner(owner: string): string | undefined {
  return owner.startsWith(CONTROLLER) ? owner.slice(CONTROLLER.length) : undefined
}
