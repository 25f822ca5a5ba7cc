import { ApiError, type Api } from '../server/api.ts'
import type { Project } from './model.ts'

/**
 * A manifest of wskdeploy may name a version of a runtime that a server does not have any more: as wskdeploy does it,
 * the default of the same language takes its place.
 */
export async function usableKinds(project: Project, api: Api): Promise<Project> {
  if (project.lenientKinds !== true) return project
  const runtimes = await runtimesOf(api)
  if (!runtimes) return project
  const known = new Set(Object.values(runtimes).flatMap((family) => family.map(({ kind }) => kind)))
  const entities = project.entities.map((entity) => {
    if (entity.kind !== 'action') return entity
    const [family = ''] = entity.exec.kind.split(':')
    if (known.has(entity.exec.kind) || entity.exec.kind.endsWith(':default') || !(family in runtimes)) return entity
    return { ...entity, exec: { ...entity.exec, kind: `${family}:default` } } as typeof entity
  })
  return { ...project, entities }
}

async function runtimesOf(api: Api): Promise<Awaited<ReturnType<Api['info']>>['runtimes']> {
  try {
    return (await api.info()).runtimes
  } catch (error) {
    // A server that is not there, or that says nothing about itself: it will say what it does not like.
    if (error instanceof ApiError) return undefined
    throw error
  }
}
