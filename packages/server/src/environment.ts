/** The only place that reads the environment. */
export interface Environment {
  /** `UUID:KEY` for the guest namespace. */
  readonly auth: string | undefined
  readonly logLevel: string | undefined
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return { auth: env['STEMCELL_AUTH'] || undefined, logLevel: env['STEMCELL_LOG_LEVEL'] || undefined }
}
