import type { Refusal } from '../refusals/refusal.ts'
import type { RefusalCode, RefusalDetails } from '../refusals/refusal-codes.ts'
import { SEQUENCE_COMPONENT_MISSING, SEQUENCE_TOO_LONG } from '../refusals/sequence-texts.ts'
import { largerThanAllowed, malformedContent, malformedQuery, STATUS_TEXT_DEFAULTS, TEXTS } from './texts.ts'

export interface RefusalAnswer {
  readonly status: number
  readonly text: string
  /** Names and values alternate. */
  readonly headers: readonly string[]
}

/** What a client is told of a refusal. */
export function refusalAnswer<C extends RefusalCode>({ code, details }: Refusal<C>): RefusalAnswer {
  const { status, text, headers }: Telling<RefusalDetails[C]> = TELLINGS[code]
  return { status, text: text(details) || STATUS_TEXT_DEFAULTS[status]!, headers: headers(details) }
}

/** How a code is told. A blank text becomes the status' own. */
interface Telling<D> {
  readonly status: number
  readonly text: (details: D) => string
  readonly headers: (details: D) => readonly string[]
}

type Text<D> = string | ((details: D) => string)

const CHALLENGE = ['WWW-Authenticate', 'Basic realm="OpenWhisk secure realm",charset=UTF-8']

/**
 * Every refusal of the controller with its status and its text. Clients and their tests compare texts literally, so the
 * odd ones (`segement`, "epoch seconds" for milliseconds) are as they must be.
 */
const TELLINGS: { readonly [C in RefusalCode]: Telling<RefusalDetails[C]> } = {
  'authentication-missing': withHeaders(
    401,
    'The resource requires authentication, which was not supplied with the request',
    () => CHALLENGE,
  ),
  'authentication-invalid': withHeaders(401, 'The supplied authentication is invalid', () => CHALLENGE),
  'caller-undetermined': told(500, 'The caller could not be determined.'),
  'operator-unknown': told(401, 'username or password are wrong.'),
  'not-authorized': told(
    403,
    ({ resource }) => `The supplied authentication is not authorized to access '${resource}'.`,
  ),
  'kind-not-authorized': told(
    403,
    ({ kind }) => `The supplied authentication is not authorized to access actions of kind '${kind}'.`,
  ),
  'kind-deprecated': told(
    400,
    ({ kind }) =>
      `The '${kind}' runtime is no longer supported. You may read and delete but not update or invoke this action.`,
  ),
  'shared-action-unreadable': told(
    403,
    (of) => `GET not permitted for '${of.package}' since it's an action in a shared package`,
  ),
  'bound-action-unreadable': told(
    403,
    ({ action }) =>
      `GET not permitted for '${action}'. Resource does not exist or is an action in a shared package binding.`,
  ),
  'shared-package-unreadable': told(403, (of) => `GET not permitted for '${of.package}' since it's a shared package`),
  'binding-unreadable': told(403, (of) => `GET not permitted since ${of.package} is a binding of a shared package`),
  'too-many-per-minute': withHeaders(
    429,
    ({ count, allowed }: RefusalDetails['too-many-per-minute']) =>
      `Too many requests in the last minute (count: ${count}, allowed: ${allowed}).`,
    retryAfter,
  ),
  'too-many-at-once': withHeaders(
    429,
    ({ count, allowed }: RefusalDetails['too-many-at-once']) =>
      `Too many concurrent requests in flight (count: ${count}, allowed: ${allowed}).`,
    retryAfter,
  ),
  'limits-unchecked': told(500, 'The limits of the namespace could not be checked.'),

  'namespace-too-long': told(400, ({ length, allowed }) => `Namespace longer than allowed: ${length} > ${allowed}.`),
  'namespace-illegal': told(400, 'The namespace contains illegal characters.'),
  'name-too-long': told(400, ({ length, allowed }) => `Name segement longer than allowed: ${length} > ${allowed}.`),
  'name-illegal': told(400, 'The name of the entity contains illegal characters.'),
  'activation-id-length': told(400, ({ length }) => `Activation id length is ${length} but must be 32.`),
  'activation-id-illegal': told(400, 'The activation id is not valid.'),
  'not-found': told(404, ''),
  'resource-missing': told(404, ({ resource }) => `The requested resource '${resource}' does not exist.`),
  'already-exists': told(409, 'resource already exists'),
  'other-collection': told(409, 'Resource by this name exists but is not in this collection.'),
  'concurrent-modification': told(409, TEXTS.concurrentModification),

  'list-limit-out-of-range': malformedParameter(
    () => 'limit',
    ({ value, max, collection }) => `The value '${value}' is not in the range of 0 to ${max} for ${collection}.`,
  ),
  'list-skip-negative': malformedParameter(
    () => 'skip',
    ({ value, collection }) => `The value '${value}' is not greater than or equal to 0 for ${collection}.`,
  ),
  'list-number-malformed': malformedParameter(
    ({ parameter }) => parameter,
    ({ value, collection }) => `The value '${value}' is not an integer for ${collection}.`,
  ),
  'activation-name-malformed': malformedParameter(
    () => 'name',
    ({ value }) => `Parameter may be a 'simple' name or 'package-name/simple' name: ${value}`,
  ),
  'moment-malformed': malformedParameter(
    ({ parameter }) => parameter,
    ({ value }) => `Parameter is not a valid value for epoch seconds: ${value}`,
  ),
  'docs-with-count': told(400, "The parameter 'docs' is not permitted with 'count'."),
  'wait-out-of-range': malformedParameter(
    () => 'timeout',
    ({ maxMs }) => `Timeout must be number of milliseconds up to ${maxMs}.`,
  ),
  'single-limit-unreadable': told(400, 'Inner entity level routes for limits are not yet implemented.'),

  'field-too-large': told(413, ({ field, bytes, allowedBytes }) => largerThanAllowed(field, bytes, allowedBytes)),
  'object-expected': malformed(({ firstField }) => `Object expected in field '${firstField}'`),
  'field-missing': malformed(({ field }) => `Object is missing required member '${field}'`),
  'other-type-expected': malformed(({ expected, json }) => `Expected ${expected}, but got ${json}`),
  'name-malformed': malformed('entity name malformed'),
  'version-malformed': malformed('semantic version malformed'),
  'parameters-malformed': malformed('parameters malformed!'),
  // Not of OpenWhisk, which decrypts such a value for whoever presents it.
  'parameter-not-its-own': malformed(
    ({ key }) => `parameter '${key}' carries an encrypted value of another entity: give the value itself`,
  ),
  'reference-malformed': malformed('fully qualified name malformed'),
  'reference-empty': malformed('requirement failed: path undefined'),
  'reference-incomplete': malformed(
    'requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.',
  ),
  // OpenWhisk shows the class of what it keeps the parts in.
  'reference-illegal': malformed(
    ({ segments }) => `requirement failed: path contains invalid parts WrappedArray(${segments.join(', ')})`,
  ),

  'exec-missing': told(400, 'exec undefined'),
  'exec-malformed': malformed(TEXTS.objectExpected),
  'kind-missing': malformed("'kind' must be a string defined in 'exec'"),
  'kind-unknown': malformed(({ kind, known }) => {
    // The two that need no manifest come last.
    const list = [...known, 'sequence', 'blackbox'].map((name) => `'${name}'`).join(', ')
    return `The specified runtime '${kind}' is not supported by this platform. Valid values are: ${list}.`
  }),
  'code-missing': malformed(
    ({ kind, attached }) =>
      `'code' must be a string ${attached ? 'or attachment object ' : ''}defined in 'exec' for '${kind}' actions`,
  ),
  'code-unreadable': malformed(({ json }) => `Could not deserialize as attachment record: ${json}`),
  'main-missing': malformed(({ kind }) => `'main' must be a string defined in 'exec' for '${kind}' actions`),
  'main-malformed': malformed(({ kind }) => `if defined, 'main' be a string in 'exec' for '${kind}' actions`),
  'image-missing': malformed("'image' must be a string defined in 'exec' for 'blackbox' actions"),
  'image-malformed': malformed('could not parse image name'),
  'limit-malformed': malformed(({ limit }) => `${limit} limit malformed`),
  'limit-not-whole': malformed(({ limit }) => `requirement failed: ${limit} limit must be whole number`),
  'limit-too-high': told(
    400,
    ({ limit, value, bound, unit }) =>
      `requirement failed: ${limit} ${value}${unit} exceeds allowed threshold of ${bound}${unit}`,
  ),
  'limit-too-low': told(
    400,
    ({ limit, value, bound, unit }) =>
      `requirement failed: ${limit} ${value}${unit} below allowed threshold of ${bound}${unit}`,
  ),
  'size-negative': malformed('requirement failed: a negative size of an object is not allowed.'),
  'instances-negative': malformed(
    'requirement failed: Action container concurrency must be greater than or equal to 0.',
  ),
  'instances-too-many': told(
    400,
    ({ allowed }) => `Max action instance concurrency must not exceed your namespace concurrency of ${allowed}.`,
  ),

  'components-missing': malformed("'components' must be defined for sequence kind"),
  'components-malformed': malformed("'components' must be an array"),
  'sequence-empty': told(400, 'No component specified for the sequence.'),
  'sequence-too-long': told(400, SEQUENCE_TOO_LONG),
  'sequence-cyclic': told(400, 'Sequence may not refer to itself.'),
  'sequence-component-missing': told(400, SEQUENCE_COMPONENT_MISSING),

  'package-reserved': told(400, ({ name }) => `Package name '${name}' is reserved.`),
  'package-not-empty': told(409, ({ count }) => {
    const entities = count === 1 ? 'entity' : 'entities'
    return `Package not empty (contains ${count} ${entities}). Set force param or delete package contents.`
  }),
  'package-not-bindable': told(409, 'Resource is a package and cannot be converted into a binding.'),
  'binding-read-only': told(400, 'Operation not permitted on package binding.'),
  'binding-cyclic': told(422, ({ binding }) => `Package binding '${binding}' contains a circular reference.`),
  'binding-of-binding': told(400, 'Cannot bind to another package binding.'),
  'binding-target-missing': told(400, 'Binding references a package that does not exist.'),
  'binding-target-no-package': told(409, 'Cannot bind to a resource that is not a package.'),

  'feed-malformed': told(400, 'Feed name is not valid'),
  'trigger-limits-malformed': malformed('Object expected'),
  'rule-incomplete': told(400, 'rule requires a valid trigger and a valid action'),
  'rule-trigger-missing': told(404, 'Only rules with existing triggers can be activated'),
  'rule-state-missing': malformed('key not found: status'),
  'rule-state-unknown': malformed(({ state }) => `requirement failed: ${state} is not a recognized rule state`),
  // OpenWhisk shows the class of what it did not expect.
  'rule-state-malformed': malformed(({ json, type }) => `${json} (of class spray.json.${type})`),
  'referent-missing': told(400, ({ what, id }) => `${what} /${id} does not exist`),
  'referent-of-other-kind': told(400, ({ what, id }) => `/${id} is not of kind ${what}`),
  'referent-corrupt': told(400, TEXTS.corrupt),

  'parameters-not-allowed': told(400, 'Request defines parameters that are not allowed (e.g., reserved properties).'),
  'activation-failed': told(500, ''),

  'web-authentication-missing': told(401, ''),
  'web-action-failed': told(400, 'There was an error processing your request.'),
  'web-property-missing': told(404, 'Response does not include requested property.'),
  'web-result-not-valid': told(400, ({ mediaType }) => `Response is not valid '${mediaType}'.`),
  'web-type-unknown': told(400, 'Response did not specify a known content-type.'),
  'web-type-mismatch': told(400, 'Response type in header did not match generated content type.'),
  'route-failed': told(500, ''),
}

function told<D>(status: number, text: Text<D>): Telling<D> {
  return withHeaders(status, text, () => [])
}

function withHeaders<D>(status: number, text: Text<D>, headers: (details: D) => readonly string[]): Telling<D> {
  return { status, text: typeof text === 'string' ? () => text : text, headers }
}

/** The body could not be understood. */
function malformed<D>(text: Text<D>): Telling<D> {
  return told(400, (details: D) => malformedContent(typeof text === 'string' ? text : text(details)))
}

/** A query parameter could not be understood. */
function malformedParameter<D>(name: (details: D) => string, text: (details: D) => string): Telling<D> {
  return told(400, (details: D) => malformedQuery(name(details), text(details)))
}

function retryAfter({ retryAfterS }: { readonly retryAfterS: number }): readonly string[] {
  return ['Retry-After', String(retryAfterS)]
}
