export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type Values = Readonly<Record<string, JsonValue>>

export interface PackageEntity {
  readonly kind: 'package'
  readonly name: string
  readonly parameters: Values
  readonly annotations: Values
  /** Others may use it. */
  readonly shared: boolean
  readonly binding?: { readonly namespace: string; readonly name: string }
}

export interface CodeExec {
  /** As in OpenWhisk, `nodejs:default` for example, or `blackbox`. */
  readonly kind: string
  readonly image?: string
  /** Source text, or a zip in base64. */
  readonly code?: string
  readonly main?: string
}

export interface SequenceExec {
  readonly kind: 'sequence'
  /** Fully qualified; the namespace may be `_`. */
  readonly components: readonly string[]
}

export interface Limits {
  /** ms */
  readonly timeout?: number
  /** MB */
  readonly memory?: number
  /** MB */
  readonly logs?: number
  readonly concurrency?: number
}

export interface ActionEntity {
  readonly kind: 'action'
  /** `package/action`, or only the action in the default package. */
  readonly name: string
  readonly exec: CodeExec | SequenceExec
  readonly parameters: Values
  readonly annotations: Values
  readonly limits: Limits
  /** Where it comes from, absolute: changes of it concern this action. */
  readonly source: string
}

export interface TriggerEntity {
  readonly kind: 'trigger'
  readonly name: string
  readonly parameters: Values
  readonly annotations: Values
  /** The action that makes it fire, and what that one is told. */
  readonly feed?: { readonly action: string; readonly parameters: Values }
}

export interface RuleEntity {
  readonly kind: 'rule'
  readonly name: string
  readonly trigger: string
  readonly action: string
  readonly annotations: Values
}

/** One operation of an API. */
export interface ApiEntity {
  readonly kind: 'api'
  /** `VERB /base/path`. */
  readonly name: string
  readonly basePath: string
  readonly path: string
  /** Lower case. */
  readonly verb: string
  readonly action: string
  readonly responseType: string
  readonly title?: string
}

export type Entity = PackageEntity | ActionEntity | TriggerEntity | RuleEntity | ApiEntity
export type EntityKind = Entity['kind']

/** What a folder wants to be on a server. */
export interface Project {
  /** What is deployed is marked with it. */
  readonly name: string
  /** Absolute. */
  readonly folder: string
  /** In the order in which they can be made: each after what it needs. */
  readonly entities: readonly Entity[]
  /** What is odd, and hinders nothing. */
  readonly warnings: readonly string[]
  /** Kinds that a server does not have may be replaced by the default of their language. */
  readonly lenientKinds?: boolean
}

/** `/_/package/action` for a name as users write it. */
export function qualified(name: string): string {
  return name.startsWith('/') ? name : `/_/${name.replace(/^default\//, '')}`
}

const ORDER: readonly EntityKind[] = ['package', 'action', 'trigger', 'rule', 'api']

/** Each after what it needs; sequences after their components, whatever order they are written in. */
export function inOrder(entities: readonly Entity[]): Entity[] {
  return ORDER.flatMap((kind) => {
    const some = entities.filter((entity) => entity.kind === kind)
    return kind === 'action' ? sequencesLast(some as ActionEntity[]) : some
  })
}

function sequencesLast(actions: readonly ActionEntity[]): ActionEntity[] {
  const sequences = new Map(actions.filter(isSequence).map((action) => [qualified(action.name), action]))
  const placed = new Set<ActionEntity>(actions.filter((action) => !isSequence(action)))
  const place = (action: ActionEntity, above: ReadonlySet<ActionEntity>): void => {
    if (placed.has(action) || above.has(action)) return
    for (const component of (action.exec as SequenceExec).components) {
      const needed = sequences.get(component)
      if (needed) place(needed, new Set([...above, action]))
    }
    placed.add(action)
  }
  for (const sequence of sequences.values()) place(sequence, new Set())
  return [...placed]
}

function isSequence({ exec }: ActionEntity): boolean {
  return exec.kind === 'sequence'
}
