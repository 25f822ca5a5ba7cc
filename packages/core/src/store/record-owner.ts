/** Under which names of owners `ActivationStore.foresee` is called, see `adopt`. */
export function controllerOwner(controllerId: string): string {
  return `controller${controllerId}`
}

export function invokerOwner(instanceId: number): string {
  return `invoker${instanceId}`
}
