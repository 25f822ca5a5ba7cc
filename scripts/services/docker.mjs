// The Docker Engine of this machine where one runs, else one of our own from Debian's packages.
import { answers, removeDockerd, startDockerd } from './dockerd.mjs'
import { offerAt, withdrawFrom } from './service.mjs'

const USUAL_SOCKET = '/var/run/docker.sock'
const environment = (socket) => ({ STEMCELL_TEST_DOCKER_SOCKET: socket })

/** @type {import('./service.mjs').Service} */
export default {
  name: 'docker',
  async up(folder) {
    if (await answers(USUAL_SOCKET)) return { env: environment(USUAL_SOCKET) }
    const { socket, ...state } = await startDockerd(folder)
    offerAt(USUAL_SOCKET, socket)
    return { ...state, env: environment(socket) }
  },
  answers: ({ env }) => answers(env.STEMCELL_TEST_DOCKER_SOCKET),
  async down({ pid, env }, folder) {
    if (pid === undefined) return
    withdrawFrom(USUAL_SOCKET, env.STEMCELL_TEST_DOCKER_SOCKET)
    removeDockerd(folder)
  },
}
