export interface KafkaBroker {
  readonly pid: number
  readonly startTime: string | undefined
  readonly port: number
  readonly controllerPort: number
}

export interface KafkaBrokerOptions {
  readonly port?: number
  readonly controllerPort?: number
  readonly properties?: Readonly<Record<string, string>>
}

export const KAFKA_VERSION: string
export function kafkaClasspath(): string
export function startKafkaBroker(folder: string, options?: KafkaBrokerOptions): Promise<KafkaBroker>
export function kafkaAnswers(port: number): Promise<boolean>
