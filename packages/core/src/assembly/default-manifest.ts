import type { RuntimesManifestSource } from '../model/runtimes-manifest.ts'

const SKELETON = { prefix: 'stemcell', name: 'action-skeleton' }
const LOOP = { prefix: 'stemcell', name: 'action-loop' }

/**
 * The kinds that a platform runs unless it is told otherwise. Images are Stemcell's own, as
 * `stemcell images build` makes them; factories that run processes ignore them.
 */
export const DEFAULT_MANIFEST: RuntimesManifestSource = {
  runtimes: {
    nodejs: [
      {
        kind: 'nodejs:18',
        image: { prefix: 'stemcell', name: 'action-nodejs', tag: '18' },
        attached: { attachmentName: 'codefile', attachmentType: 'text/plain' },
      },
      {
        kind: 'nodejs:20',
        default: true,
        image: { prefix: 'stemcell', name: 'action-nodejs', tag: '20' },
        attached: { attachmentName: 'codefile', attachmentType: 'text/plain' },
        stemCells: [{ initialCount: 2, memory: '256 MB' }],
      },
    ],
    python: [
      {
        kind: 'python:3',
        default: true,
        image: { prefix: 'stemcell', name: 'action-python', tag: '3' },
        attached: { attachmentName: 'codefile', attachmentType: 'text/plain' },
      },
    ],
  },
  blackboxes: [
    SKELETON,
    LOOP,
    // What clients name for an executable without an image of its own.
    { prefix: 'openwhisk', name: 'dockerskeleton', runs: SKELETON },
    { prefix: 'openwhisk', name: 'actionloop-base', runs: LOOP },
  ],
}
