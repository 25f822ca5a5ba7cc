import { RestPlatform } from '../../../src/conformance/rest/rest-platform.ts'
import { fuzzApi } from './fuzz-api.ts'

fuzzApi('stores in memory', () => RestPlatform.start())
