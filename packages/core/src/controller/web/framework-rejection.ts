import { HttpError } from '../http/http-error.ts'

/** A refusal that is none of the web action's: answered like one of the REST API, without CORS headers. */
export class FrameworkRejection extends HttpError {}
