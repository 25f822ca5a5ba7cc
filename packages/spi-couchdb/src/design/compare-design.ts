import type { DesignDocument, View } from './database-design.ts'

/** Counts up when the text of a view here changes: databases with an older one are then brought up to date. */
export const DESIGN_VERSION = 1

/** Who wrote a design document says so in it. OpenWhisk's have no such member. */
const MARK = 'stemcell'

export type StoredDesign = Readonly<Record<string, unknown>>

export type DesignVerdict =
  | { readonly state: 'fits' }
  /** `document` is what should be written; `lacks` says why, for messages. */
  | { readonly state: 'outdated'; readonly lacks: readonly string[]; readonly document: StoredDesign }
  | { readonly state: 'newer'; readonly version: number }

/** The whole design document as it is written here. */
export function newDesign({ views, filters }: DesignDocument): StoredDesign {
  return {
    language: 'javascript',
    ...(views ? { views } : {}),
    ...(filters ? { filters } : {}),
    [MARK]: { design: DESIGN_VERSION },
  }
}

/**
 * Compares what is stored with what is needed. A view of OpenWhisk fits by its name and its reduce, whatever its text:
 * names and versions of its design documents stand for their content. What somebody added is kept.
 */
export function compareDesign(wanted: DesignDocument, stored: StoredDesign | undefined): DesignVerdict {
  if (!stored) return { state: 'outdated', lacks: ['everything'], document: newDesign(wanted) }
  const version = versionOf(stored)
  if (version !== undefined && version > DESIGN_VERSION) return { state: 'newer', version }
  const views = isRecord(stored['views']) ? stored['views'] : {}
  const lacks = Object.entries(wanted.views ?? {}).filter(([name, view]) => !fits(view, views[name], version))
  if (lacks.length === 0) return { state: 'fits' }
  return {
    state: 'outdated',
    lacks: lacks.map(([name]) => `view ${name}`),
    document: {
      ...stored,
      language: 'javascript',
      views: { ...views, ...Object.fromEntries(lacks) },
      ...(version === undefined ? {} : { [MARK]: { design: DESIGN_VERSION } }),
    },
  }
}

function fits(wanted: View, stored: unknown, version: number | undefined): boolean {
  if (!isRecord(stored) || typeof stored['map'] !== 'string') return false
  if (version !== undefined) return stored['map'] === wanted.map && stored['reduce'] === wanted.reduce
  return wanted.reduce === undefined || stored['reduce'] === wanted.reduce
}

function versionOf(stored: StoredDesign): number | undefined {
  const mark = stored[MARK]
  const version = isRecord(mark) ? mark['design'] : undefined
  return typeof version === 'number' ? version : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
