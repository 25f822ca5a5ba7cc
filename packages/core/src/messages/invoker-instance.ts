import { formatByteSize, parseByteSize } from '../model/byte-size.ts'
import { numberOf, type JsonObject } from '../model/json.ts'
import { malformed, strings, text } from './message-fields.ts'

/** How an invoker names itself in messages. */
export interface InvokerInstance {
  readonly id: number
  readonly userMemoryBytes: number
  readonly uniqueName?: string
  readonly displayedName?: string
  readonly tags: readonly string[]
  readonly dedicatedNamespaces: readonly string[]
}

export function invokerInstanceJson(instance: InvokerInstance): JsonObject {
  return {
    instance: instance.id,
    userMemory: formatByteSize(instance.userMemoryBytes),
    instanceType: 'invoker',
    tags: [...instance.tags],
    dedicatedNamespaces: [...instance.dedicatedNamespaces],
    ...(instance.uniqueName === undefined ? {} : { uniqueName: instance.uniqueName }),
    ...(instance.displayedName === undefined ? {} : { displayedName: instance.displayedName }),
  }
}

/** @throws ERR_CORRUPT a field is missing or malformed. */
export function readInvokerInstance(json: JsonObject): InvokerInstance {
  const { uniqueName, displayedName } = json
  return {
    id: numberOf(json['instance']) ?? malformed('instance', 'a number'),
    userMemoryBytes: parseByteSize(text(json, 'userMemory')) ?? malformed('userMemory', 'a size such as "1024 MB"'),
    tags: strings(json, 'tags'),
    dedicatedNamespaces: strings(json, 'dedicatedNamespaces'),
    ...(typeof uniqueName === 'string' ? { uniqueName } : {}),
    ...(typeof displayedName === 'string' ? { displayedName } : {}),
  }
}

/** Topic from which invoker `id` takes its activations. */
export function invokerTopic(id: number): string {
  return `invoker${id}`
}

/** Most activations of an invoker come from one controller. */
let lastController = ''
let lastCompleted = 'completed'

/** Topic from which a controller takes its acknowledgements. */
export function completedTopic(controllerId: string): string {
  if (controllerId !== lastController) {
    lastController = controllerId
    lastCompleted = `completed${controllerId}`
  }
  return lastCompleted
}
