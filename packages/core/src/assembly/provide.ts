import 'reflect-metadata/lite'
import { instanceCachingFactory, type DependencyContainer } from 'tsyringe'
import { PlatformError } from '../errors.ts'
import type { Token } from './token.ts'

/** One instance per container, built on first use. tsyringe would let a second registration silently win. */
export function provide<T>(
  container: DependencyContainer,
  key: Token<T>,
  build: (container: DependencyContainer) => T,
): void {
  if (container.isRegistered(key)) throw new PlatformError('ERR_CONFIG', `${String(key)} is provided twice`)
  container.register<T>(key, { useFactory: instanceCachingFactory(build) })
}

export function use<T>(container: DependencyContainer, key: Token<T>): T {
  return container.resolve<T>(key)
}
