/** What the end of a web action's name in a path may say about the form of the answer. */
export type Extension = (typeof EXTENSIONS)[number]

export const EXTENSIONS = ['.http', '.json', '.html', '.svg', '.text'] as const
