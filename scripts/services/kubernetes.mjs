// Kubernetes: a cluster of one node of this machine, whose kubeconfig has every permission.
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
    const { pid, startTime, kubeconfig } = await startCluster(folder)
    return {
      pid,
      startTime,
      env: { STEMCELL_TEST_KUBECONFIG: kubeconfig, STEMCELL_TEST_KUBERNETES_CONTAINERD: containerdSocketOf(pid) },
    }
  },
  answers: ({ env }) => kubeconfigAnswers(env.STEMCELL_TEST_KUBECONFIG),
  down: (_, folder) => removeCluster(folder),
  remains: clusterRemains,
}
