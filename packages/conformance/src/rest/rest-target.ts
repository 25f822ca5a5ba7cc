import type { JsonObject } from '@stemcell/core'
import type { RequestStep } from './contract-row.ts'
import type { RawRequest, RawResponse } from './send-request.ts'

/** The server on which rows are run. */
export interface RestTarget {
  /** Such as `http://127.0.0.1:3233`. */
  readonly baseUrl: string
  readonly owner: RestCaller
  /** Without another caller, rows about two are skipped. */
  readonly other?: RestCaller
  /** Makes a caller with a namespace that has these limits. Without it, rows about limits of namespaces are skipped. */
  readonly admit?: (limits: JsonObject) => Promise<RestCaller>
  /** Writes a document past the API. Without it, rows about documents that the API does not write are skipped. */
  readonly store?: (id: string, document: JsonObject) => Promise<void>
  /** Kinds that the server lists but its host cannot run, as where no Python is installed. Rows about them are skipped. */
  readonly without?: readonly string[]
  /** It is OpenWhisk itself: rows about what Stemcell does otherwise on purpose are skipped. */
  readonly openwhisk?: boolean
  /** Sees each exchange as soon as it is over; the row fails with what this throws. */
  readonly observe?: (exchange: RestExchange) => void
  /** Sends a request of a row; default `sendRequest`, which speaks HTTP/1.1. */
  readonly send?: (baseUrl: string, request: RawRequest) => Promise<RawResponse>
  /** Upper bound for records to appear, ms. Default 10 000. */
  readonly patienceMs?: number
}

export interface RestCaller {
  readonly namespace: string
  /** `uuid:key` */
  readonly auth: string
}

export interface RestExchange {
  readonly step: RequestStep
  readonly request: RawRequest
  readonly response: RawResponse
}
