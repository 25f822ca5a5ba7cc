// How each part of the cluster is told what it has to know: its arguments, and the files that they name. Addresses and ports are
// those of the cluster's own namespace, where nobody else is.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FIRST_SERVICE, SERVICE_RANGE } from './network.mjs'

export const NODE_NAME = 'node'
export const PAUSE_IMAGE = 'stemcell/pause:1'
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock'
const API_PORT = 6443

/** Who may call the API: user, and groups. */
const ACCOUNTS = {
  admin: ['admin', 'system:masters'],
  kubelet: [`system:node:${NODE_NAME}`, 'system:nodes'],
  'kube-controller-manager': ['system:kube-controller-manager', ''],
  'kube-scheduler': ['system:kube-scheduler', ''],
  'kube-proxy': ['system:kube-proxy', ''],
  coredns: ['stemcell:dns', 'system:masters'],
}

/** Addresses at which the API server is found. */
export const addressesOf = (network) => [network.node, '127.0.0.1', FIRST_SERVICE]

/**
 * Writes the files of all parts into `folder`, which has the keys already.
 * @returns {{ parts: Record<string, { program: string, args: string[] }>, server: string, token: string }}
 */
export function configure(folder, { network, group, programs, containerd, cniPlugins, kubelet }) {
  const file = (name, text) => {
    const path = join(folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const json = (name, value) => file(name, `${JSON.stringify(value, undefined, 2)}\n`)
  const key = (name) => join(folder, 'keys', name)
  const server = `https://${network.node}:${API_PORT}`
  const tokens = Object.fromEntries(Object.keys(ACCOUNTS).map((name) => [name, randomBytes(24).toString('base64url')]))
  const ca = readFileSync(key('ca.crt'))
  const kubeconfig = (name) => json(`${name}/kubeconfig`, kubeconfigOf({ server, token: tokens[name], ca }))
  const kube = (name, ...args) => ({ program: programs.kube, args: [name, ...args] })
  const rows = Object.entries(ACCOUNTS).map(([name, [user, groups]]) => `${tokens[name]},${user},${name},"${groups}"\n`)
  const accounts = file('kube-apiserver/tokens.csv', rows.join(''))
  file('resolv.conf', '')

  const parts = {
    containerd: {
      program: containerd,
      args: ['--config', file('containerd/config.toml', containerdConfigOf(folder, cniPlugins))],
    },
    etcd: kube(
      'etcd',
      `--data-dir=${join(folder, 'etcd', 'data')}`,
      '--listen-client-urls=http://127.0.0.1:2379',
      '--advertise-client-urls=http://127.0.0.1:2379',
      '--listen-peer-urls=http://127.0.0.1:2380',
      // What is in it is for a test, and does not have to outlive this machine.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ),
    'kube-apiserver': kube(
      'kube-apiserver',
      `--advertise-address=${network.node}`,
      `--secure-port=${API_PORT}`,
      '--etcd-servers=http://127.0.0.1:2379',
      `--token-auth-file=${accounts}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--client-ca-file=${key('ca.crt')}`,
      `--tls-cert-file=${key('apiserver.crt')}`,
      `--tls-private-key-file=${key('apiserver.key')}`,
      `--kubelet-client-certificate=${key('kubelet-client.crt')}`,
      `--kubelet-client-key=${key('kubelet-client.key')}`,
      `--kubelet-certificate-authority=${key('ca.crt')}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--service-account-key-file=${key('service-accounts.key')}`,
      `--service-account-signing-key-file=${key('service-accounts.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      '--event-ttl=15m',
    ),
    'kube-controller-manager': kube(
      'kube-controller-manager',
      `--kubeconfig=${kubeconfig('kube-controller-manager')}`,
      `--root-ca-file=${key('ca.crt')}`,
      `--service-account-private-key-file=${key('service-accounts.key')}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
    ),
    'kube-scheduler': kube('kube-scheduler', `--kubeconfig=${kubeconfig('kube-scheduler')}`, '--leader-elect=false'),
    kubelet: kube(
      'kubelet',
      `--kubeconfig=${kubeconfig('kubelet')}`,
      `--config=${json('kubelet/config.json', { ...kubeletConfigOf(folder, { network, group, key }), ...kubelet })}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${network.node}`,
    ),
    'kube-proxy': kube(
      'kube-proxy',
      `--config=${json('kube-proxy/config.json', proxyConfigOf(kubeconfig('kube-proxy')))}`,
    ),
    coredns: kube('coredns', '-conf', file('coredns/Corefile', corefileOf(kubeconfig('coredns'))), '-quiet'),
  }
  json('cni/10-pods.conflist', cniConfigOf(folder, network))
  kubeconfig('admin')
  return { parts, server, token: tokens.admin }
}

function kubeconfigOf({ server, token, ca }) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'stemcell', cluster: { server, 'certificate-authority-data': ca.toString('base64') } }],
    users: [{ name: 'stemcell', user: { token } }],
    contexts: [{ name: 'stemcell', context: { cluster: 'stemcell', user: 'stemcell' } }],
    'current-context': 'stemcell',
  }
}

function kubeletConfigOf(folder, { network, group, key }) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: key('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: key('kubelet.crt'),
    tlsPrivateKeyFile: key('kubelet.key'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${group}`,
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    clusterDNS: [network.node],
    clusterDomain: 'cluster.local',
    resolvConf: join(folder, 'resolv.conf'),
    podLogsDir: join(folder, 'kubelet', 'logs'),
    volumePluginDir: join(folder, 'kubelet', 'plugins'),
    // The disk of a test machine may be full of other things, and images cannot be fetched again.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    maxPods: 200,
    oomScoreAdj: 0,
  }
}

function proxyConfigOf(kubeconfig) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
    hostnameOverride: NODE_NAME,
    mode: 'iptables',
    iptables: { masqueradeAll: true, minSyncPeriod: '0s', syncPeriod: '30s' },
    // Those are settings of the whole machine.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    oomScoreAdj: 0,
  }
}

const corefileOf = (kubeconfig) => `cluster.local:53 in-addr.arpa:53 {
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig} stemcell
    ttl 1
  }
}
`

/** A cable for each pod, with the node at its other end: pods reach each other, and this machine, through the node alone. */
function cniConfigOf(folder, { pods }) {
  return {
    cniVersion: '1.0.0',
    name: 'stemcell',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: join(folder, 'cni', 'addresses'),
          ranges: [[{ subnet: pods }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

const containerdConfigOf = (folder, cniPlugins) => `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${PAUSE_IMAGE}"
restrict_oom_score_adj = true
max_concurrent_downloads = 3
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "${/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')) ? 'overlayfs' : 'native'}"
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${cniPlugins}"
conf_dir = "${join(folder, 'cni')}"
`
