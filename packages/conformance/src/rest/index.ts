export {
  AnyOrder,
  ANYTHING,
  JsonInText,
  type ContractRow,
  type Expectation,
  type GivenStep,
  type PackageStep,
  type RequestStep,
  type RowNeeds,
  type StoredStep,
} from './contract-row.ts'
export type { RestCaller, RestExchange, RestTarget } from './rest-target.ts'
export { DIFFERENCES } from './differences.ts'
export { REST_CONTRACT, type RestArea } from './rest-contract.ts'
export { REST_MANIFEST, RestPlatform } from './rest-platform.ts'
export { RestSuite } from './rest-suite.ts'
export { sendRequest, type RawRequest, type RawResponse } from './send-request.ts'
export { restConformance } from './rest-conformance.ts'
/** Words for rows of one's own. */
export * from './paths.ts'
export type { GivenAction, GivenPackage } from './web-row.ts'
