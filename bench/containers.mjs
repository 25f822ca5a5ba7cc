import { actionNodejs, buildImage } from '@stemcell/images'
import { dockerContainers } from '@stemcell/spi-docker'
import { kubernetesContainers } from '@stemcell/spi-kubernetes'
import { podmanContainers } from '@stemcell/spi-podman'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { bareDocker } from '../packages/spi-docker/bench/bare-docker.mjs'
import { bareKubernetes } from '../packages/spi-kubernetes/bench/bare-kubernetes.mjs'
import { barePodman } from '../packages/spi-podman/bench/bare-podman.mjs'
import { importImages } from '../scripts/services/kubernetes/cluster.mjs'
import { containerInvocations } from './container-invocations.mjs'
import { canFreeze, containerLife, WAYS } from './container-life.mjs'
import { temporaryFolder } from './processes.mjs'
import { addressOf, howToHave, ServiceMissing } from './services.mjs'

const ENGINES = {
  docker: { adapter: '@stemcell/spi-docker', containers: dockerContainers, bare: bareDocker, on: onSocket },
  podman: { adapter: '@stemcell/spi-podman', containers: podmanContainers, bare: barePodman, on: onSocket },
  kubernetes: {
    adapter: '@stemcell/spi-kubernetes',
    containers: kubernetesContainers,
    bare: bareKubernetes,
    on: onCluster,
  },
}
const MAX_CREATE_SHARE = 1.1
const MAX_RESUME_MS = 2
const MAX_FREEZER_MS = 3
const MAX_STEM_CELL_MS = 10
const MAX_WARM_MS = 0.3

/** What differs between engines of this machine and a cluster. */
function onSocket(socketPath) {
  return {
    suspends: true,
    ways: WAYS,
    optionsIn: (dir) => ({ socketPath, dir }),
    giveImage: () => buildImage(actionNodejs, { to: { socket: socketPath } }),
  }
}

function onCluster(kubeconfig) {
  const namespace = `stemcell-bench-${randomBytes(4).toString('hex')}`
  return {
    suspends: false,
    ways: { stemcell: {} },
    optionsIn: () => ({ kubeconfig, namespace }),
    giveImage: async (folder) => {
      const file = join(folder, 'image.tar')
      await buildImage(actionNodejs, { to: { file } })
      importImages(process.env.STEMCELL_TEST_KUBERNETES_CONTAINERD, file)
    },
  }
}

/** Containers of every engine that is up beside the engine's own API, and invocations that run in them. */
export async function containers({ quick }) {
  const names = Object.keys(ENGINES)
  const missing = names.filter((name) => addressOf(name) === undefined)
  if (missing.length === names.length) throw new ServiceMissing(missing.map(howToHave).join('; '))
  const rows = []
  const ratios = []
  const notes = ['all values are p50, ms', ...missing.map(howToHave)]
  if (!canFreeze) notes.push('the freezer is not measured: it needs root')
  for (const name of names) {
    const address = addressOf(name)
    if (address === undefined) continue
    const { folder, remove } = temporaryFolder()
    try {
      const engine = () => ({ ...ENGINES[name], ...ENGINES[name].on(address), name })
      const life = await containerLife(engine(), folder, quick ? 3 : 15)
      const calls = await containerInvocations(
        engine(),
        folder,
        quick ? { rounds: 3, calls: 300 } : { rounds: 15, calls: 2000 },
      )
      for (const [way, values] of Object.entries({ ...life, ...calls })) rows.push({ name: `${name}: ${way}`, values })
      ratios.push(...ratiosOf(name, life, calls))
    } finally {
      remove()
    }
  }
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))]
  return { columns, rows, ratios, notes }
}

function ratiosOf(engine, life, calls) {
  const { 'bare API': bare, stemcell, 'no network, freezer': freezer } = life
  const atMost = (what, value, target) => ({
    name: `${engine}: ${what}`,
    value,
    target: `<= ${target}`,
    met: value <= target,
  })
  const { 'two hops': hops, 'standalone server': server } = calls
  return [
    atMost('create until ready / bare API', stemcell['create'] / bare['create'], MAX_CREATE_SHARE),
    ...('resume' in bare
      ? [atMost('resume and run over the bare resume, ms', stemcell['resume, run'] - bare['resume'], MAX_RESUME_MS)]
      : []),
    ...(freezer ? [atMost('resume and run through the freezer, ms', freezer['resume, run'], MAX_FREEZER_MS)] : []),
    atMost('first call on a stem cell, ms', server['stem cell'], MAX_STEM_CELL_MS),
    atMost('warm call over two hops, ms', server['warm call'] - hops['warm call'], MAX_WARM_MS),
  ]
}
