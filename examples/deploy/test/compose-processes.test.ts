import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startStandIn } from '../../../scripts/services/couchdb.mjs'
import { startKafkaBroker } from '../../../scripts/services/kafka-broker.mjs'
import { stop } from '../../../scripts/services/service.mjs'
import { describeWith } from '../../../test/describe-with.ts'
import { freePort } from '../../../test/free-port.ts'
import { onPath, testWith } from '../../../test/test-with.ts'
import { prepare } from '../prepare.mjs'
import { DEPLOY, serviceOf } from './compose-file.ts'

// Where Debian has what only administrators start.
process.env['PATH'] += ':/usr/sbin'

const SERVER = fileURLToPath(new URL('../../../packages/server/dist/bundle/main.js', import.meta.url))
const MINUTE_MS = 60_000
const missing = ['nginx', 'redis-server', 'prometheus'].filter((program) => !onPath(program))
if (missing.length > 0) {
  process.stdout.write(`skipped the processes of the compose file: there is no ${missing.join(', ')} in PATH\n`)
}

/** One process of the file, as it says, on this machine. */
class Running {
  readonly name: string
  readonly child: ChildProcess
  readonly exited: Promise<unknown>
  output = ''

  constructor(name: string, program: string, args: readonly string[]) {
    this.name = name
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.exited = once(this.child, 'exit')
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
  }

  async says(text: string): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.child.exitCode !== null) throw new Error(`${this.name} ended: ${this.output}`)
        expect(this.output).toContain(text)
      },
      { timeout: MINUTE_MS, interval: 50 },
    )
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM')
    await this.exited
    return this.child.exitCode
  }
}

describe.runIf(missing.length === 0)('the processes of the compose file, from its own configuration', () => {
  describeWith('kafka', 'and Kafka', () => {
    describeWith('couchdb', 'and CouchDB', () => {
      it(
        'serve an action through the edge, are all seen by Prometheus, and end when they are told',
        async () => {
          const folder = mkdtempSync(join(tmpdir(), 'stemcell-compose-'))
          // Workers of an nginx that root starts are another user's.
          chmodSync(folder, 0o755)
          const running: Running[] = []
          onTestFinished(async () => {
            await Promise.all(running.map((each) => each.stop()))
            rmSync(folder, { recursive: true, force: true })
          })
          const start = (name: string, program: string, args: readonly string[]): Running => {
            const started = new Running(name, program, args)
            running.push(started)
            return started
          }
          const port = {
            kafka: await freePort(),
            voter: await freePort(),
            couchdb: await freePort(),
            redis: await freePort(),
            controllers: [await freePort(), await freePort()],
            invokers: [await freePort(), await freePort()],
            http: await freePort(),
            https: await freePort(),
            prometheus: await freePort(),
          }
          const local = (number: number): string => `127.0.0.1:${number}`
          const settings = join(folder, 'settings')
          prepare({
            folder: settings,
            apiHost: 'api.example.com',
            places: {
              api: `http://${local(port.controllers[0]!)}`,
              host: '127.0.0.1',
              kafka: local(port.kafka),
              couchdb: `http://${local(port.couchdb)}`,
              redis: `redis://${local(port.redis)}`,
              controllers: port.controllers.map(local),
              invokerPort: 0,
              edge: {
                folder: join(settings, 'edge'),
                httpPort: port.http,
                httpsPort: port.https,
                certificate: join(settings, 'tls/tls.crt'),
                key: join(settings, 'tls/tls.key'),
              },
            },
          })

          // What the image makes of its environment.
          const kafka = Object.fromEntries(
            Object.entries(serviceOf('kafka').environment!).map(([name, value]) => [
              name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'),
              value
                .replaceAll('0.0.0.0:9092', local(port.kafka))
                .replaceAll('kafka:9092', local(port.kafka))
                .replaceAll(/(?:0\.0\.0\.0|kafka):9093/g, local(port.voter))
                .replaceAll('/var/lib/kafka', join(folder, 'kafka')),
            ]),
          )
          const account = Object.fromEntries(
            readFileSync(join(settings, 'couchdb.env'), 'utf8')
              .trim()
              .split('\n')
              .map((line) => line.split('=') as [string, string]),
          ) as { COUCHDB_USER: string; COUCHDB_PASSWORD: string }
          for (const name of ['kafka', 'couchdb', 'redis', 'prometheus']) mkdirSync(join(folder, name))
          const standIns = await Promise.all([
            startKafkaBroker(join(folder, 'kafka'), {
              port: port.kafka,
              controllerPort: port.voter,
              properties: kafka,
            }),
            startStandIn(join(folder, 'couchdb'), {
              port: port.couchdb,
              username: account.COUCHDB_USER,
              password: account.COUCHDB_PASSWORD,
            }),
          ])
          onTestFinished(async () => {
            await Promise.all(standIns.map((each) => stop(each)))
          })
          const [redis, ...redisArgs] = serviceOf('redis').command!
          const place = ['--port', String(port.redis), '--bind', '127.0.0.1', '--dir', join(folder, 'redis')]
          await start('redis', redis!, [...redisArgs, ...place]).says('Ready to accept connections')

          const server = (name: string, number: number): Running => {
            const command = serviceOf(name).command!.map((word) => word.replace('/run/secrets', settings))
            const own = ['--port', String(number), '--data', join(folder, name)]
            return start(name, process.execPath, [SERVER, ...command, ...own])
          }
          const controllers = port.controllers.map((number, index) => server(`controller${index}`, number))
          await Promise.all(controllers.map((each) => each.says('"msg":"ready"')))
          const invokers = port.invokers.map((number, index) => server(`invoker${index}`, number))
          await Promise.all(invokers.map((each) => each.says('"msg":"ready"')))

          const [nginx, ...nginxArgs] = serviceOf('edge').command!
          start(
            'edge',
            nginx!,
            nginxArgs.map((word) => word.replace('/edge', join(settings, 'edge'))),
          )
          const scraped = readFileSync(join(DEPLOY, 'compose/prometheus.yml'), 'utf8')
            .replaceAll(/controller(\d):3233/g, (_, index) => local(port.controllers[Number(index)]!))
            .replaceAll(/invoker(\d):8080/g, (_, index) => local(port.invokers[Number(index)]!))
            .replace('scrape_interval: 15s', 'scrape_interval: 1s')
          writeFileSync(join(folder, 'prometheus/prometheus.yml'), scraped)
          const prometheusArgs = serviceOf('prometheus').command!.map((word) =>
            word
              .replace('=/etc/prometheus', `=${join(folder, 'prometheus')}`)
              .replace('=/prometheus', `=${join(folder, 'prometheus/data')}`),
          )
          start('prometheus', 'prometheus', [...prometheusArgs, `--web.listen-address=${local(port.prometheus)}`])

          const ask = (method: string, path: string, body?: object) =>
            askEdge({ port: port.https, settings, method, path, ...(body && { body }) })
          const action = { exec: { kind: 'nodejs:20', code: 'function main({ name }) { return { hello: name } }' } }
          await vi.waitFor(
            async () => expect((await ask('PUT', 'actions/hello?overwrite=true', action)).status).toBe(200),
            {
              timeout: MINUTE_MS,
              interval: 100,
            },
          )
          // Twice: one controller after the other.
          for (const name of ['a', 'b']) {
            const answer = await ask('POST', 'actions/hello?blocking=true&result=true', { name })
            expect(answer).toEqual({ status: 200, json: { hello: name } })
          }
          const moved = await fetch(`http://${local(port.http)}/ping`, { redirect: 'manual' })
          expect(moved.status).toBe(308)

          const up = async () => {
            const response = await fetch(`http://${local(port.prometheus)}/api/v1/query?query=up`)
            const { data } = (await response.json()) as {
              data: { result: { metric: { job: string }; value: [number, string] }[] }
            }
            return data.result.map(({ metric, value }) => `${metric.job} ${value[1]}`).toSorted()
          }
          const all = ['controllers 1', 'controllers 1', 'invokers 1', 'invokers 1']
          await vi.waitFor(async () => expect(await up()).toEqual(all), { timeout: MINUTE_MS, interval: 200 })

          for (const each of [...invokers, ...controllers])
            expect([each.name, await each.stop()]).toEqual([each.name, 0])
        },
        4 * MINUTE_MS,
      )
    })
  })
})

testWith('promtool', 'what Prometheus reads is what it takes', async () => {
  const checking = spawn('promtool', ['check', 'config', join(DEPLOY, 'compose/prometheus.yml')], { stdio: 'ignore' })
  expect((await once(checking, 'exit'))[0]).toBe(0)
})

interface Ask {
  readonly port: number
  readonly settings: string
  readonly method: string
  readonly path: string
  readonly body?: object
}

/** In the name of the guest, whose key prepare.mjs made, over TLS with its certificate. */
function askEdge({ port, settings, method, path, body }: Ask): Promise<{ status: number; json: unknown }> {
  const auth = readFileSync(join(settings, 'auth.guest'), 'utf8').trim()
  const ca = readFileSync(join(settings, 'tls/tls.crt'))
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const options = { host: '127.0.0.1', port, ca, auth, method, headers, path: `/api/v1/namespaces/_/${path}` }
    const sent = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const isJson = response.headers['content-type']?.startsWith('application/json')
        resolve({ status: response.statusCode ?? 0, json: isJson ? (JSON.parse(text) as unknown) : text })
      })
    })
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}
