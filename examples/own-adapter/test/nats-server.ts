import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../../test/eventually.ts'

/** Why there is no server here; undefined when there is one. */
export function natsLack(): string | undefined {
  return spawnSync('nats-server', ['--version']).error
    ? 'nats-server is not installed: apt-get install nats-server'
    : undefined
}

/** A server of a test's own, on a port that it chooses, with its data in a temporary folder. */
export class OwnNats {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nats-'))
  #child: ChildProcess | undefined
  #port = -1

  get server(): string {
    return `127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const config = join(this.#folder, 'nats.conf')
    const jetstream = `jetstream { store_dir: "${this.#folder}/data" }`
    writeFileSync(config, `host: 127.0.0.1\nport: ${this.#port}\nmax_payload: 8MB\n${jetstream}\n`)
    rmSync(join(this.#folder, 'ports'), { recursive: true, force: true })
    this.#child = spawn('nats-server', ['-c', config, '--ports_file_dir', this.#folder], { stdio: 'ignore' })
    const { pid } = this.#child
    await eventually('nats-server to listen', async () => {
      try {
        const { nats } = JSON.parse(readFileSync(join(this.#folder, `nats-server_${pid}.ports`), 'utf8')) as {
          nats: [string]
        }
        this.#port = Number(new URL(nats[0]).port)
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return false
        throw error
      }
    })
  }

  /** As when the machine fails. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
