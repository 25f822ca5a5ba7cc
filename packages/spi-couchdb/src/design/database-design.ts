/** What a database must have besides its documents. */
export interface DatabaseDesign {
  readonly documents: readonly DesignDocument[]
}

export interface DesignDocument {
  /** Without `_design/`. */
  readonly name: string
  /** False for what OpenWhisk's own tools use: it is made with a new database and not asked for in others. */
  readonly required: boolean
  /** It makes something quicker: where it may not be written, it is done without. */
  readonly spared?: true
  readonly views?: Readonly<Record<string, View>>
  readonly filters?: Readonly<Record<string, string>>
}

export interface View {
  /** JavaScript of 2009: servers may run it in an old engine. */
  readonly map: string
  readonly reduce?: '_count' | '_sum'
}

/** OpenWhisk has it in each of its databases, for replication. */
export const SNAPSHOT_FILTERS: DesignDocument = {
  name: 'snapshotFilters',
  required: false,
  filters: {
    withoutDeletedAndDesignDocuments: `function (doc) {
  return !doc._deleted && doc._id.indexOf('_design/') !== 0
}`,
  },
}
