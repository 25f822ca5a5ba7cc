export { ActionFailed, InvalidValue, type InvalidPart } from './action-errors.ts'
export { defineAction, type ActionDefinition, type ActionOptions } from './define-action.ts'
export { actionClient, type ActionCalls, type ActionClientOptions } from './action-client.ts'
