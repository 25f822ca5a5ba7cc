// One Kafka node (broker and controller in one, KRaft) from the server's own jars, which Maven brings.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { freePort, requireProgram, servicesRoot, startDetached, until } from './service.mjs'

export const KAFKA_VERSION = '4.3.0'

/** It runs beside the tests and not for long: little is gained by compiling a lot. */
const LIGHT = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
const LOGGER = 'org.slf4j.simpleLogger.defaultLogLevel=warn'
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

/** The jars of the server as a class path, in Maven's local repository; asked of Maven once per `up` of the service. */
export function kafkaClasspath() {
  const folder = join(servicesRoot, 'kafka')
  const file = join(folder, `classpath-${KAFKA_VERSION}`)
  if (existsSync(file)) {
    const classpath = readFileSync(file, 'utf8').trim()
    if (classpath.split(delimiter).every((jar) => existsSync(jar))) return classpath
  }
  const maven = requireProgram('mvn', ['maven', 'default-jre-headless'])
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'pom.xml'), POM)
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath'
  const args = ['-q', '-B', goal, '-DincludeScope=runtime', `-Dmdep.outputFile=${file}`]
  const { status, stdout, stderr } = spawnSync(maven, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`Maven did not resolve Kafka ${KAFKA_VERSION}:\n${stdout}${stderr}`)
  return readFileSync(file, 'utf8').trim()
}

/**
 * Starts a node whose data is in `folder`, and resolves once it answers. The same folder and ports again are a restart.
 * @param {string} folder
 * @param {{ port?: number, controllerPort?: number, properties?: Record<string, string> }} [options]
 *   `properties` overrides those of the server; `listener` is called PLAINTEXT unless they say otherwise
 */
export async function startKafkaBroker(folder, options = {}) {
  const { port = await freePort(), controllerPort = await freePort(), properties = {} } = options
  const java = requireProgram('java', ['default-jre-headless'])
  const classpath = kafkaClasspath()
  const file = join(folder, 'server.properties')
  const settings = { ...defaults(folder, port, controllerPort), ...properties }
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  if (!existsSync(join(folder, 'data'))) format(java, classpath, file)

  const args = [...LIGHT, '-Xmx512m', '-Xms128m', `-D${LOGGER}`, '-cp', classpath, 'kafka.Kafka', file]
  const broker = { ...startDetached(folder, java, args), port, controllerPort }
  await until('kafka', () => kafkaAnswers(port), { folder, state: broker })
  return broker
}

function defaults(folder, port, controllerPort) {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '5',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '2000',
    'log.cleaner.dedupe.buffer.size': '16777216',
  }
}

function format(java, classpath, file) {
  const tool = ['-cp', classpath, 'kafka.tools.StorageTool', 'format', '--config', file]
  const { status, stdout, stderr } = spawnSync(java, [...tool, '--cluster-id', 'c3RlbWNlbGwtdGVzdHMhIQ'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the storage of Kafka was not formatted:\n${stdout}${stderr}`)
}

/** Whether the broker on `port` tells which versions of its protocol it speaks; a TLS listener never does. */
export function kafkaAnswers(port) {
  // Size 10, ApiVersions (18) version 0, correlation id 7, no client id.
  const request = Buffer.from('0000000a0012000000000007ffff', 'hex')
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setTimeout(2000, () => socket.destroy())
    socket.once('data', (data) => {
      resolve(data.length >= 10 && data.readInt32BE(4) === 7 && data.readInt16BE(8) === 0)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
