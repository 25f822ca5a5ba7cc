/** The page with tables of these faults, as it should be. */
export function pageWithTables(
  page: string,
  history: readonly {
    readonly name: string
    readonly text: string
    readonly issues: readonly number[]
    readonly seen?: string
  }[],
): Promise<string>
