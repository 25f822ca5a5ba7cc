export function clusterConfig(places: {
  readonly queue: 'redis' | 'kafka'
  readonly redisUrl: string
  readonly couchUrl?: string
  readonly kafkaBrokers?: string
  readonly prefix: string
  readonly apiHost: string
}): object
