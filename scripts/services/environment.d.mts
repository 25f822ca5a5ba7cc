export function servicesEnvironment(): Record<string, string>
