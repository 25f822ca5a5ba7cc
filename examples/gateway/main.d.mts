export function run(): Promise<Record<string, unknown>>
