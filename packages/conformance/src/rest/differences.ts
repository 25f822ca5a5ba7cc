/**
 * What Stemcell does otherwise than OpenWhisk, on purpose. Each reason has a row of the contract, and a row of the table
 * in `docs/differences.md`.
 */
export const DIFFERENCES = {
  refusalHeaders:
    'Refusals carry the CORS headers and `X-Request-ID`, too: a page can read why it was refused, and an operator can find it in the log.',
  acceptFirst: 'A client that takes no JSON is refused with 406 before anything is written or run.',
  responseHeaders:
    'A web action cannot set a header that HTTP does not allow, nor one that frames the message, nor an informational status.',
  attachments: 'Code is a text: a request cannot name an attachment of its own making as the code of an action.',
  parserErrors: 'What cannot be read as HTTP, or whose address is broken, is answered with the error object, too.',
  indentation: 'The JSON of a web action is not indented where that would make it many times as large.',
  blankTransaction: 'A blank transaction id is replaced by a new one.',
  bindings: 'A binding is never pointed at a binding, be it itself.',
  cpu: 'An action may have a limit of processors, `cpu`.',
} as const
