import { proveKitBites, queueCases } from '../../src/conformance/index.ts'
import { queueDoubles } from './queue-doubles.ts'

proveKitBites('Queue', queueCases, queueDoubles)
