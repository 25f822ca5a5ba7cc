/** Where the lines of an answer go; resolves when there is room for more. */
export type PrintLine = (line: string) => Promise<void>
