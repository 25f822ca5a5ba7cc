import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const source = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** The files of an edge, written into `folder`, or for use there `into` another; returns what nginx is started with. */
export function writeEdge({ folder, into = folder, httpPort, httpsPort, certificate, key, apiHost, controllers }) {
  mkdirSync(into, { recursive: true })
  const values = {
    FOLDER: folder,
    HTTPS_PORT: String(httpsPort),
    HTTP_PORT: String(httpPort),
    CERTIFICATE: certificate,
    KEY: key,
    API_HOST: apiHost.replaceAll('.', String.raw`\.`),
    CONTROLLERS: controllers.map((address) => `server ${address};`).join('\n    '),
  }
  for (const name of ['nginx.conf', 'edge.conf']) {
    const lines = source(name)
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('#'))
    const filled = lines
      .join('\n')
      .replace(/\b(?:FOLDER|HTTPS?_PORT|CERTIFICATE|KEY|API_HOST|CONTROLLERS)\b/g, (word) => values[word])
    writeFileSync(join(into, name), filled)
  }
  return ['-p', folder, '-c', join(folder, 'nginx.conf')]
}

/** An nginx in the foreground. `reload` takes renewed certificates without dropping a connection. */
export class Edge {
  constructor(options) {
    this.args = writeEdge(options)
    const tested = spawnSync('nginx', [...this.args, '-t'], { encoding: 'utf8' })
    if (tested.status !== 0)
      throw new Error(`nginx refuses its configuration: ${tested.error?.message ?? tested.stderr}`)
    this.child = spawn('nginx', [...this.args, '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'inherit'] })
    this.exited = new Promise((resolve) => this.child.once('exit', resolve))
  }

  reload() {
    this.child.kill('SIGHUP')
  }

  async stop() {
    this.child.kill('SIGQUIT')
    await this.exited
  }
}
