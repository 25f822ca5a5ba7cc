export { gateway } from './gateway.ts'
export { gatewayOptions, type GatewayOptions } from './gateway-options.ts'
