// What a runtime for other languages shares with this one.
export type { ActionEndpoint } from './action-endpoint.ts'
export type { ActivationLog } from './activation-log.ts'
export { type Activation, activation, type OutputOwner } from './activation-scope.ts'
export { failure, type Reply, success } from './reply.ts'
export { setInitEnvironment } from './run-environment.ts'
export { openLog, optionsOrExit, serve } from './serve.ts'
