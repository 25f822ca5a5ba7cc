import type { ControllerParts } from '../parts/controller-parts.ts'
import { MB } from '../../model/byte-size.ts'
import type { JsonObject } from '../../model/json.ts'
import type { PlatformLimits } from '../../model/platform-limits.ts'
import type { RuntimesManifest } from '../../model/runtimes-manifest.ts'
import { jsonAnswer, textAnswer } from '../http/answer.ts'
import { prefersHtml } from '../http/prefers-html.ts'
import { linkHeader } from '../parts/server-link.ts'
import type { OpenRoute } from '../http/route.ts'
import { welcomePage } from './welcome-page.ts'

/** What the server says about itself to anybody. */
export function infoRoutes({ limits, manifest, build, links, console }: ControllerParts): readonly OpenRoute[] {
  const server = jsonAnswer(200, JSON.stringify(serverInfo(limits, manifest)))
  const api = jsonAnswer(
    200,
    JSON.stringify({
      description: 'OpenWhisk API',
      api_version: '1.0.0',
      api_version_path: 'v1',
      build: build.date,
      buildno: build.number,
      swagger_paths: { ui: '/docs', 'api-docs': '/api-docs' },
    }),
  )
  const pong = textAnswer(200, 'pong')
  const open = { method: 'GET', auth: 'none', cors: 'none' } as const
  return [
    {
      ...open,
      path: '/',
      tag: 'Server',
      summary: 'The server',
      responses: { 200: 'ServerInfo' },
      handle: ({ request }) => {
        // A header: clients that know every field of the answer would refuse another.
        const all = links?.() ?? []
        const answer = prefersHtml(request.headers.accept) ? welcomePage(request, { console }) : server
        return all.length === 0 ? answer : { ...answer, headers: [...(answer.headers ?? []), 'Link', linkHeader(all)] }
      },
    },
    {
      ...open,
      path: '/ping',
      tag: 'Server',
      summary: 'Whether the server answers',
      responses: { 200: 'text' },
      handle: () => pong,
    },
    {
      ...open,
      path: '/api/v1',
      cors: 'rest',
      trailingSlash: true,
      tag: 'API',
      summary: 'The API',
      responses: { 200: 'ApiInfo' },
      handle: () => api,
    },
  ]
}

function serverInfo(limits: PlatformLimits, manifest: RuntimesManifest): JsonObject {
  return {
    description: 'OpenWhisk',
    support: {
      github: 'https://github.com/apache/openwhisk/issues',
      slack: 'http://slack.openwhisk.org',
    },
    api_paths: ['/api/v1'],
    limits: {
      actions_per_minute: limits.invocationsPerMinute,
      triggers_per_minute: limits.firesPerMinute,
      concurrent_actions: limits.concurrentInvocations,
      sequence_length: limits.sequenceLength,
      ...actionBounds('default_', limits),
      ...actionBounds('', limits),
    },
    runtimes: Object.fromEntries(
      [...manifest.families].map(([family, runtimes]) => [
        family,
        runtimes.map(({ kind, image, deprecated, default: isDefault, attached, requireMain }) => ({
          kind,
          image,
          deprecated,
          default: isDefault,
          attached,
          requireMain,
        })),
      ]),
    ),
  }
}

function actionBounds(prefix: string, { timeoutMs, memoryMb, logsMb }: PlatformLimits): JsonObject {
  return {
    [`${prefix}min_action_duration`]: timeoutMs.min,
    [`${prefix}max_action_duration`]: timeoutMs.max,
    [`${prefix}min_action_memory`]: memoryMb.min * MB,
    [`${prefix}max_action_memory`]: memoryMb.max * MB,
    [`${prefix}min_action_logs`]: logsMb.min * MB,
    [`${prefix}max_action_logs`]: logsMb.max * MB,
  }
}
