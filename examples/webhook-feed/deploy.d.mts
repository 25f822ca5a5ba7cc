import type { Client } from 'openwhisk'

export function deploy(ow: Client): Promise<void>
