// Kubernetes: a cluster of one node of this machine, whose kubeconfig has every permission, and whose node has the images of
// actions.
import { giveActionImages } from './kubernetes/action-images.mjs'
import {
  removeCluster,
  clusterRemains,
  containerdSocketOf,
  kubeconfigAnswers,
  startCluster,
} from './kubernetes/cluster.mjs'

/** @type {import('./service.mjs').Service} */
export default {
  name: 'kubernetes',
  async up(folder) {
    const { pid, startTime, kubeconfig, socket } = await startCluster(folder)
    await bringImages(socket, folder)
    return {
      pid,
      startTime,
      env: { STEMCELL_TEST_KUBECONFIG: kubeconfig, STEMCELL_TEST_KUBERNETES_CONTAINERD: containerdSocketOf(pid) },
    }
  },
  refresh: ({ env }, folder) => bringImages(env.STEMCELL_TEST_KUBERNETES_CONTAINERD, folder),
  answers: ({ env }) => kubeconfigAnswers(env.STEMCELL_TEST_KUBECONFIG),
  down: (_, folder) => removeCluster(folder),
  remains: clusterRemains,
}

async function bringImages(socket, folder) {
  const { names, isNew, missing } = await giveActionImages(socket, folder)
  for (const why of missing) console.log(`kubernetes: image not built: ${why}`)
  console.log(`kubernetes: its node ${isNew ? 'was given' : 'has'} ${names.join(', ')}`)
}
