const CONTROLLER = 'controller'

/** Names of owners for `ActivationStore.putProvisional` and `finalizeOrphans`. */
export function controllerOwner(controllerId: string): string {
  return `${CONTROLLER}${controllerId}`
}

/** The owner of provisional records that an invoker writes, by its number. */
export function invokerOwner(instanceId: number): string {
  return `invoker${instanceId}`
}

/** The id of the controller that has this name as an owner; undefined when the owner is no controller. */
export function controllerOfOwner(owner: string): string | undefined {
  return owner.startsWith(CONTROLLER) ? owner.slice(CONTROLLER.length) : undefined
}
