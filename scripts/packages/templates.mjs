export const templateChecks = () => []
