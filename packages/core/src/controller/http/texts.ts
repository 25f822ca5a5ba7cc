/**
 * Every text that the API says to clients, in one place: clients and their tests compare them literally, so the odd
 * ones (`segement`, "epoch seconds" for milliseconds) are as they must be.
 */
export const TEXTS = {
  authenticationMissing: 'The resource requires authentication, which was not supplied with the request',
  authenticationInvalid: 'The supplied authentication is invalid',
  noRoute: 'The requested resource could not be found.',
  entityMissing: 'Request entity expected but not supplied',
  objectExpected: 'JSON object expected',
  objectExpectedPlainly: 'Object expected',
  queryUnreadable: "The request's query string is invalid.",
  uriTooLong: 'The length of the requested URI exceeds the limit of 8192 characters.',
  tooSlow: 'The server was not able to produce a timely response to your request.',
  bodiesTooMany: 'The server is receiving as much as it can hold. Please try again later.',

  concurrentModification: 'Concurrent modification to resource detected.',
  otherCollection: 'Resource by this name exists but is not in this collection.',
  corrupt: 'Resource is corrupted and cannot be read.',
  exists: 'resource already exists',

  nameMalformed: 'entity name malformed',
  pathMissing: 'requirement failed: path undefined',
  namespaceIllegal: 'The namespace contains illegal characters.',
  nameIllegal: 'The name of the entity contains illegal characters.',
  nameIncomplete:
    'requirement failed: The fully qualified name of the entity must contain at least the namespace and the name of the entity.',
  activationIdIllegal: 'The activation id is not valid.',
  versionMalformed: 'semantic version malformed',
  parametersMalformed: 'parameters malformed!',
  limitsHaveNoInner: 'Inner entity level routes for limits are not yet implemented.',

  docsWithCount: "The parameter 'docs' is not permitted with 'count'.",

  execMissing: 'exec undefined',
  kindMissing: "'kind' must be a string defined in 'exec'",
  componentsMissing: "'components' must be defined for sequence kind",
  componentsNoArray: "'components' must be an array",
  imageMissing: "'image' must be a string defined in 'exec' for 'blackbox' actions",
  imageMalformed: 'could not parse image name',
  sizeNegative: 'requirement failed: a negative size of an object is not allowed.',
  parametersNotAllowed: 'Request defines parameters that are not allowed (e.g., reserved properties).',

  sequenceTooLong: 'Too many actions in the sequence.',
  sequenceEmpty: 'No component specified for the sequence.',
  sequenceCyclic: 'Sequence may not refer to itself.',
  sequenceComponentMissing: 'Sequence component does not exist.',

  notOnBinding: 'Operation not permitted on package binding.',
  bindingOfBinding: 'Cannot bind to another package binding.',
  bindingTargetMissing: 'Binding references a package that does not exist.',
  bindingTargetNoPackage: 'Cannot bind to a resource that is not a package.',
  packageNoBinding: 'Resource is a package and cannot be converted into a binding.',

  feedMalformed: 'Feed name is not valid',
  referenceMalformed: 'fully qualified name malformed',
  ruleIncomplete: 'rule requires a valid trigger and a valid action',
  ruleStateMissing: 'key not found: status',
  ruleTriggerMissing: 'Only rules with existing triggers can be activated',

  webNotReady: 'Response not yet ready.',
  webFailed: 'There was an error processing your request.',
  webPropertyMissing: 'Response does not include requested property.',
  webTypeUnknown: 'Response did not specify a known content-type.',
  webTypeMismatch: 'Response type in header did not match generated content type.',
} as const

/** What an error says when its cause gave no text of its own. */
export const STATUS_TEXT_DEFAULTS: Readonly<Record<number, string>> = {
  400: 'The request contains bad syntax or cannot be fulfilled.',
  401: 'Authentication is possible but has failed or not yet been provided.',
  403: 'The supplied authentication is not authorized to access this resource.',
  404: 'The requested resource does not exist.',
  408: 'The server timed out waiting for the request.',
  409: 'The request could not be processed because of conflict in the request, such as an edit conflict.',
  413: 'The request content is larger than the server is willing or able to process.',
  429: 'The user has sent too many requests in a given amount of time.',
  431: 'The server is unwilling to process the request because either an individual header field, or all the header fields collectively, are too large.',
  500: 'There was an internal server error.',
  501: 'The server either does not recognize the request method, or it lacks the ability to fulfill the request.',
  503: 'The server is currently unavailable (because it is overloaded or down for maintenance).',
}

export function methodNotAllowed(supported: string): string {
  return `HTTP method not allowed, supported methods: ${supported}`
}

export function malformedContent(detail: string): string {
  return `The request content was malformed:\n${detail}`
}

export function jsonTooDeep(levels: number): string {
  return `JSON input nested too deeply:JSON input was nested more deeply than the configured limit of maxNesting = ${levels}`
}

/** `field` is the first that was looked for. */
export function objectExpectedIn(field: string): string {
  return `Object expected in field '${field}'`
}

export function memberMissing(field: string): string {
  return `Object is missing required member '${field}'`
}

/** `expected` is what OpenWhisk calls it, `json` the text of what there is. */
export function otherTypeExpected(expected: string, json: string): string {
  return `Expected ${expected}, but got ${json}`
}

/** OpenWhisk shows the class of what it keeps the parts in. */
export function pathIllegal(parts: readonly string[]): string {
  return `requirement failed: path contains invalid parts WrappedArray(${parts.join(', ')})`
}

/** OpenWhisk shows the class of what it did not expect. */
export function notMatched(json: string, type: string): string {
  return `${json} (of class spray.json.${type})`
}

export function malformedQuery(name: string, detail: string): string {
  return `The query parameter '${name}' was malformed:\n${detail}`
}

export function notBoolean(value: string): string {
  return `'${value}' is not a valid Boolean value`
}

export function contentTypeNotSupported(contentType: string): string {
  return `The request's Content-Type [${contentType}] is not supported. Expected:\napplication/json`
}

export function onlyTheseTypes(types: string): string {
  return `Resource representation is only available with these types:\n${types}`
}

export function notAuthorized(resource: string): string {
  return `The supplied authentication is not authorized to access '${resource}'.`
}

export function kindNotAuthorized(kind: string): string {
  return `The supplied authentication is not authorized to access actions of kind '${kind}'.`
}

export function largerThanAllowed(field: string, bytes: number, allowedBytes: number): string {
  return `${field} larger than allowed: ${bytes} > ${allowedBytes} bytes.`
}

export function namespaceTooLong(length: number, allowed: number): string {
  return `Namespace longer than allowed: ${length} > ${allowed}.`
}

export function nameTooLong(length: number, allowed: number): string {
  return `Name segement longer than allowed: ${length} > ${allowed}.`
}

export function activationIdLength(length: number): string {
  return `Activation id length is ${length} but must be 32.`
}

export function limitOutOfRange(value: string, max: number, collection: string): string {
  return `The value '${value}' is not in the range of 0 to ${max} for ${collection}.`
}

export function skipOutOfRange(value: string, collection: string): string {
  return `The value '${value}' is not greater than or equal to 0 for ${collection}.`
}

export function notInteger(value: string, collection: string): string {
  return `The value '${value}' is not an integer for ${collection}.`
}

export function filterNameMalformed(value: string): string {
  return `Parameter may be a 'simple' name or 'package-name/simple' name: ${value}`
}

export function momentMalformed(value: string): string {
  return `Parameter is not a valid value for epoch seconds: ${value}`
}

export function waitOutOfRange(maxMs: number): string {
  return `Timeout must be number of milliseconds up to ${maxMs}.`
}

/** Not of OpenWhisk, which decrypts such a value for whoever presents it. */
export function parameterNotItsOwn(key: string): string {
  return `parameter '${key}' carries an encrypted value of another entity: give the value itself`
}

export function kindDeprecated(kind: string): string {
  return `The '${kind}' runtime is no longer supported. You may read and delete but not update or invoke this action.`
}

/** `known` are the kinds of the manifest; the two that need none come last. */
export function kindUnknown(kind: string, known: readonly string[]): string {
  const list = [...known, 'sequence', 'blackbox'].map((name) => `'${name}'`).join(', ')
  return `The specified runtime '${kind}' is not supported by this platform. Valid values are: ${list}.`
}

export function codeMissing(kind: string, attached: boolean): string {
  return `'code' must be a string ${attached ? 'or attachment object ' : ''}defined in 'exec' for '${kind}' actions`
}

export function codeUnreadable(json: string): string {
  return `Could not deserialize as attachment record: ${json}`
}

export function mainMalformed(kind: string): string {
  return `if defined, 'main' be a string in 'exec' for '${kind}' actions`
}

export function mainMissing(kind: string): string {
  return `'main' must be a string defined in 'exec' for '${kind}' actions`
}

export function limitMalformed(limit: string): string {
  return `${limit} limit malformed`
}

export function limitNotWhole(limit: string): string {
  return `requirement failed: ${limit} limit must be whole number`
}

/** `subject` carries the value, e.g. `memory size 64 MB`. */
export function limitOutOfBounds(subject: string, relation: 'exceeds' | 'below', threshold: string): string {
  return `requirement failed: ${subject} ${relation} allowed threshold of ${threshold}`
}

export function instancesNegative(): string {
  return 'requirement failed: Action container concurrency must be greater than or equal to 0.'
}

export function instancesTooMany(allowed: number): string {
  return `Max action instance concurrency must not exceed your namespace concurrency of ${allowed}.`
}

export function sharedActionUnreadable(packagePath: string): string {
  return `GET not permitted for '${packagePath}' since it's an action in a shared package`
}

export function actionOfBindingUnreadable(id: string): string {
  return `GET not permitted for '${id}'. Resource does not exist or is an action in a shared package binding.`
}

export function sharedPackageUnreadable(packagePath: string): string {
  return `GET not permitted for '${packagePath}' since it's a shared package`
}

export function bindingUnreadable(packagePath: string): string {
  return `GET not permitted since ${packagePath} is a binding of a shared package`
}

export function bindingCyclic(name: string): string {
  return `Package binding '${name}' contains a circular reference.`
}

export function resourceMissing(resource: string): string {
  return `The requested resource '${resource}' does not exist.`
}

export function packageReserved(name: string): string {
  return `Package name '${name}' is reserved.`
}

export function packageNotEmpty(count: number): string {
  const entities = count === 1 ? 'entity' : 'entities'
  return `Package not empty (contains ${count} ${entities}). Set force param or delete package contents.`
}

/** `what` is `trigger` or `action`. */
export function referenceMissing(what: string, id: string): string {
  return `${what} /${id} does not exist`
}

/** `what` is `trigger` or `action`. */
export function referenceOfOtherKind(what: string, id: string): string {
  return `/${id} is not of kind ${what}`
}

export function ruleStateUnknown(state: string): string {
  return `requirement failed: ${state} is not a recognized rule state`
}

export function ruleInactive(rule: string, action: string): string {
  return `Rule '${rule}' is inactive, action '${action}' was not activated.`
}

export function webNotValid(mediaType: string): string {
  return `Response is not valid '${mediaType}'.`
}

export function tooManyPerMinute(count: number, allowed: number): string {
  return `Too many requests in the last minute (count: ${count}, allowed: ${allowed}).`
}

export function tooManyAtOnce(count: number, allowed: number): string {
  return `Too many concurrent requests in flight (count: ${count}, allowed: ${allowed}).`
}
