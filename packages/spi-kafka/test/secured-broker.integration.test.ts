import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import type { Logger } from '@stemcell/core'
import { describeWith } from '../../../test/describe-with.ts'
import { freePort } from '../../../test/free-port.ts'
import { eventually } from '../../../test/eventually.ts'
import { contentOf, openQueue, text, uniqueName } from './harness.ts'
import { ownBroker } from './own-broker.ts'

const PASSWORD = 'correct-horse-battery'

/** A broker with a second listener that wants TLS and, unless `client` is absent, a name and password. */
async function securedBroker() {
  const folder = await mkdtemp(join(tmpdir(), 'stemcell-tls-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [store, pem] = [join(folder, 'keys.p12'), join(folder, 'cert.pem')]
  const keytool = (...args: string[]): Buffer =>
    execFileSync('keytool', [...args, '-alias', 'broker', '-keystore', store, '-storepass', 'changeit'], {
      stdio: 'pipe',
    })
  keytool('-genkeypair', '-keyalg', 'RSA', '-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1')
  keytool('-exportcert', '-rfc', '-file', pem)

  const [plain, secured, controller] = [await freePort(), await freePort(), await freePort()]
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
  await ownBroker({
    port: plain,
    controllerPort: controller,
    properties: {
      listeners: `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://127.0.0.1:${secured},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://127.0.0.1:${secured}`,
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
      'inter.broker.listener.name': 'PLAINTEXT',
      'ssl.keystore.location': store,
      'ssl.keystore.password': 'changeit',
      'ssl.keystore.type': 'PKCS12',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `${login} user_stemcell="${PASSWORD}";`,
    },
  })
  return { address: `127.0.0.1:${secured}`, ca: await readFile(pem, 'utf8') }
}

describeWith('kafka', 'a broker that asks who is there', () => {
  it('is reached with TLS and a password, which is told to nobody', { timeout: 120_000 }, async () => {
    const { address, ca } = await securedBroker()
    const log: unknown[] = []
    const write = (fields: object, message: string): void => void log.push(message, fields)
    const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger }
    const sasl = { mechanism: 'plain', username: 'stemcell', password: PASSWORD } as const

    const queue = await openQueue(address, { ssl: { ca }, sasl }, { logger })
    const topic = uniqueName()
    const received: string[] = []
    await queue.subscribe(topic, { group: 'g', concurrency: 1 }, (delivery) => {
      received.push(contentOf(delivery))
    })
    await queue.publish(topic, text('m'))
    await eventually('the message', () => received.length > 0)

    const wrong = { ...sasl, password: 'incorrect-horse' }
    const refusal = await openQueue(address, { ssl: { ca }, sasl: wrong }, { logger }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining("option 'sasl'") })

    const untrusted = await openQueue(address, { ssl: true, sasl, connectTimeoutMs: 1_000 }, { logger }).catch(
      (error: unknown) => error,
    )
    expect(untrusted).toMatchObject({ code: 'ERR_UNAVAILABLE', message: expect.stringContaining('certificate') })

    const said = inspect([log, refusal, untrusted], { depth: 20 })
    expect(said.length).toBeGreaterThan(100)
    for (const secret of [PASSWORD, 'incorrect-horse']) {
      expect(said).not.toContain(secret)
      expect(said).not.toContain(Buffer.from(`\0stemcell\0${secret}`).toString('base64'))
    }
  })
})
