import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FrameFlag, FrameReader, FrameType, HEADER_BYTES, OPENING } from '@stemcell/core/runtime-client'
import { readFrames, textOf, TOKEN } from './read-frames.ts'
import { eventually, type RuntimeProcess, startRuntime } from './runtime-process.ts'

interface Peer {
  readonly socket: Socket
  readonly results: { readonly call: number; readonly status: number; readonly flags: number; readonly body: string }[]
  /** Bytes of each read, behind the acceptance. */
  readonly reads: number[]
  fault: string
}

/** A connection on which frames were accepted. */
async function open(runtime: RuntimeProcess): Promise<Peer> {
  const socket = connect(runtime.socket)
  onTestFinished(() => void socket.destroy())
  const peer: Peer = { socket, results: [], reads: [], fault: '' }
  const reader = new FrameReader({
    wanted: ({ length }) => length,
    frame: ({ type, call, detail, flags }, bytes, start, end) => {
      const body = bytes.toString('utf8', start, end)
      if (type === FrameType.result) peer.results.push({ call, status: detail, flags, body })
      else peer.fault = body
    },
  })
  let accepted = false
  socket.on('error', () => undefined)
  socket.on('data', (bytes: Buffer) => {
    if (accepted) {
      peer.reads.push(bytes.length)
      return reader.write(bytes)
    }
    accepted = bytes.toString('latin1').endsWith('\r\n\r\n')
  })
  socket.write(OPENING)
  await eventually(() => accepted)
  return peer
}

function frame(type: number, call: number, body: string, length = Buffer.byteLength(body)): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(length)
  header[4] = type
  header.writeUInt32BE(call, 8)
  return Buffer.concat([header, Buffer.from(body)])
}

const run = (call: number, value: object, rest: object = {}): Buffer =>
  frame(FrameType.run, call, JSON.stringify({ value, ...rest }))

async function started(code: string, env: Record<string, string> = {}): Promise<[RuntimeProcess, Peer]> {
  const runtime = await startRuntime({ env })
  const peer = await open(runtime)
  peer.socket.write(frame(FrameType.init, 1, JSON.stringify({ value: { name: 'a', main: 'main', code } })))
  await eventually(() => peer.results.length === 1)
  expect(peer.results[0]).toMatchObject({ call: 1, status: 200 })
  return [runtime, peer]
}

test('answers of one turn leave in one write', async () => {
  const [, peer] = await started('async function main({ n }) { return { n } }', { __OW_ALLOW_CONCURRENT: 'true' })
  peer.reads.length = 0
  const calls = Array.from({ length: 50 }, (_, n) => n + 2)
  peer.socket.write(Buffer.concat(calls.map((n) => run(n, { n }))))
  await eventually(() => peer.results.length === 51)
  expect(peer.results.slice(1).map(({ body }) => body)).toEqual(calls.map((n) => `{"n":${n}}`))
  expect(peer.reads.length).toBeLessThanOrEqual(3)
})

test('results that are more than a socket holds all arrive in order, at a client that reads late', async () => {
  const [runtime, peer] = await started(
    `function main({ n, length }) { if (n === 61) console.log('last'); return { n, text: 'ä'.repeat(length) } }`,
    { __OW_ALLOW_CONCURRENT: 'true' },
  )
  const lengthOf = (n: number): number => (n % 2 === 0 ? 40_000 : 10)
  const calls = Array.from({ length: 60 }, (_, n) => n + 2)
  peer.socket.pause()
  peer.socket.write(Buffer.concat(calls.map((n) => run(n, { n, length: lengthOf(n) }))))
  await eventually(() => runtime.stdout().includes('last'))
  peer.socket.resume()
  await eventually(() => peer.results.length === 61)
  expect(peer.results.slice(1).map(({ call }) => call)).toEqual(calls)
  for (const { call, body } of peer.results.slice(1)) {
    expect(JSON.parse(body)).toEqual({ n: call, text: 'ä'.repeat(lengthOf(call)) })
  }
})

test('where runs do not overlap, one whose result is on its way is followed by the next only when it has left', async () => {
  const [runtime, peer] = await started(
    `function main({ n }) { console.log('n' + n); return { text: 'ä'.repeat(1e6) } }`,
  )
  peer.socket.pause()
  peer.socket.write(Buffer.concat([run(2, { n: 2 }), run(3, { n: 3 }), run(4, { n: 4 })]))
  await eventually(() => runtime.stdout().includes('n2'))
  // A call over HTTP is taken, as nothing is in progress; what waits still does behind it.
  await runtime.run({ n: 9 })
  await eventually(() => runtime.stdout().includes('n9'))
  expect(runtime.stdout()).not.toContain('n3')
  peer.socket.resume()
  await eventually(() => peer.results.length === 4)
  expect(peer.results.slice(1).map(({ call }) => call)).toEqual([2, 3, 4])
  expect(runtime.stdout().toString()).toMatch(/n2[^]*n3[^]*n4/)
})

test('what ends the process in a run behind another one leaves the result of that one', async () => {
  const [, peer] = await started(
    `function main({ kill }) { if (kill) process.kill(process.pid, 'SIGKILL'); return { ok: 1 } }`,
  )
  const closed = new Promise((resolve) => peer.socket.once('close', resolve))
  peer.socket.write(Buffer.concat([run(2, {}), run(3, {}), run(4, { kill: true }), run(5, {})]))
  await closed
  expect(peer.results.slice(1).map(({ call, body }) => [call, body])).toEqual([
    [2, '{"ok":1}'],
    [3, '{"ok":1}'],
  ])
})

test('a result says that its run was brief, where runs do not overlap', async () => {
  const code = `function main({ ms }) { const end = performance.now() + ms; while (performance.now() < end); return {} }`
  const [, peer] = await started(code)
  const flagsOf = async (call: number, ms: number): Promise<number> => {
    peer.socket.write(run(call, { ms }))
    await eventually(() => peer.results.some((result) => result.call === call))
    return peer.results.at(-1)!.flags & FrameFlag.brief
  }
  expect(await flagsOf(2, 5)).toBe(0)
  // On a busy machine some take longer.
  let brief = 0
  for (let call = 3; call < 50 && brief === 0; call++) brief = await flagsOf(call, 0)
  expect(brief).toBe(FrameFlag.brief)
  const [, other] = await started('function main() { return {} }', { __OW_ALLOW_CONCURRENT: 'true' })
  other.socket.write(run(2, {}))
  await eventually(() => other.results.length === 2)
  expect(other.results[1]!.flags & FrameFlag.brief).toBe(0)
})

test('frames work as well where Node.js does not show what a socket stands on', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hidden-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const hide = path.join(folder, 'hide.cjs')
  writeFileSync(
    hide,
    `const { Server } = require('node:net'); const { emit } = Server.prototype
     Server.prototype.emit = function (event, socket, ...rest) {
       if (event === 'connection') { socket._handle.useUserBuffer = undefined; process._rawDebug('hidden') }
       return emit.call(this, event, socket, ...rest) }`,
  )
  const [runtime, peer] = await started(`function main({ n }) { return { n } }`, { NODE_OPTIONS: `--require ${hide}` })
  expect(runtime.stderr().toString()).toContain('hidden')
  const long = 'x'.repeat(200_000)
  peer.socket.write(Buffer.concat([run(2, { n: 1 }), run(3, { n: long }), run(4, { n: 3 })]))
  await eventually(() => peer.results.length === 4)
  expect(peer.results.slice(1).map(({ body }) => body)).toEqual(['{"n":1}', `{"n":"${long}"}`, '{"n":3}'])
  peer.socket.destroy()
  const next = await open(runtime)
  next.socket.write(run(1, { n: 5 }))
  await eventually(() => next.results.length === 1)
})

test('an answer never ends up in a file that an action opened in place of its connection', async () => {
  const [runtime, peer] = await started(`const fs = require('node:fs')
    function main({ n }) {
      for (const handle of process._getActiveHandles()) if (handle.destroy && handle.fd === undefined) handle.destroy()
      globalThis.files = Array.from({ length: 40 }, (_, at) => fs.openSync('file' + at, 'w'))
      setTimeout(() => console.log('answered'), 5)
      return { n } }`)
  peer.socket.write(Buffer.concat([run(2, { n: 1 }), run(3, { n: 2 })]))
  await eventually(() => runtime.stdout().includes('answered'))
  const files = readdirSync(runtime.folder).filter((name) => name.startsWith('file'))
  expect(files.length).toBe(40)
  for (const name of files) expect(readFileSync(path.join(runtime.folder, name), 'utf8')).toBe('')
})

test('an action that replaces the sockets of Node.js is still spoken to, on later connections, too', async () => {
  const [runtime, peer] = await started(`const net = require('node:net'), fs = require('node:fs')
    net.Socket = function () { throw new Error('mine') }
    fs.writeSync = () => { throw new Error('mine') }
    function main({ n }) { return { n } }`)
  peer.socket.destroy()
  const next = await open(runtime)
  next.socket.write(run(1, { n: 5 }))
  await eventually(() => next.results.length === 1)
  expect(next.results[0]).toMatchObject({ status: 200, body: '{"n":5}' })
})

test('runs that come at once and do not overlap have what each leaves to this turn to themselves', async () => {
  const env = { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: TOKEN, STEMCELL_LOG_END: 'printed' }
  const [runtime, peer] = await started(
    `function main({ id }) { console.log('in', id)
      process.nextTick(() => console.log('tick', id, process.env.__OW_ACTIVATION_ID))
      let later = Promise.resolve()
      for (let n = 0; n < 20; n++) later = later.then(() => {})
      later.then(() => console.log('after', id, process.env.__OW_ACTIVATION_ID))
      return { id } }`,
    env,
  )
  const ids = Array.from({ length: 30 }, (_, n) => `${n}`.padStart(32, 'b'))
  peer.socket.write(Buffer.concat(ids.map((id, n) => run(n + 2, { id }, { activation_id: id }))))
  await eventually(() => peer.results.length === 31)
  const frames = readFrames(runtime.stdout())
  for (const id of ids) expect(textOf(frames, id)).toEqual([`in ${id}`, `tick ${id} ${id}`, `after ${id} ${id}`])
})

describe('runs that may overlap', () => {
  const ENV = {
    __OW_ALLOW_CONCURRENT: 'true',
    STEMCELL_LOGS: 'attributed',
    STEMCELL_LOG_TOKEN: TOKEN,
    STEMCELL_LOG_END: 'printed',
  }
  const lines = (ids: readonly string[], text: (id: string) => readonly string[]) =>
    Object.fromEntries(ids.map((id) => [id, text(id)]))
  const printed = (runtime: RuntimeProcess, ids: readonly string[]) => {
    const frames = readFrames(runtime.stdout())
    return Object.fromEntries(ids.map((id) => [id, textOf(frames, id)]))
  }
  const idOf = (n: number): string => `${n}`.padStart(32, 'a')

  test('but return at once are begun one after the other: what each leaves to this turn is its own', async () => {
    const [runtime, peer] = await started(
      `function main({ id }) { console.log('in', id)
        Promise.resolve().then(() => console.log('after', id, process.env.__OW_ACTIVATION_ID))
        return { id } }`,
      ENV,
    )
    const ids = Array.from({ length: 30 }, (_, n) => idOf(n))
    peer.socket.write(Buffer.concat(ids.map((id, n) => run(n + 2, { id }, { activation_id: id }))))
    await eventually(() => peer.results.length === 31)
    expect(printed(runtime, ids)).toEqual(lines(ids, (id) => [`in ${id}`, `after ${id} ${id}`]))
  })

  test('and do are told apart from the first on, which began before there was another', async () => {
    const [runtime, peer] = await started(
      `const all = []
      async function main({ id, last }) {
        console.log('in', id)
        await new Promise((go) => { all.push(go); if (last) for (const go of all) setTimeout(go, 1) })
        console.log('out', id, process.env.__OW_ACTIVATION_ID)
        setTimeout(() => console.log('late', id, process.env.__OW_ACTIVATION_ID), 5)
        return { id } }`,
      ENV,
    )
    const ids = Array.from({ length: 20 }, (_, n) => idOf(n))
    for (const [n, id] of ids.entries()) {
      peer.socket.write(run(n + 2, { id, last: n === ids.length - 1 }, { activation_id: id }))
    }
    await eventually(() => peer.results.length === 21 && runtime.stdout().toString().split(' late ').length === 21)
    expect(printed(runtime, ids)).toEqual(lines(ids, (id) => [`in ${id}`, `out ${id} ${id}`, `late ${id} ${id}`]))
  })

  test('answer for an error of the first of them, which began before there was another', async () => {
    const [, peer] = await started(
      `let second
      async function main({ n }) {
        if (n === 2) { second(); return new Promise((resolve) => setTimeout(resolve, 30, { n })) }
        await new Promise((resolve) => { second = resolve })
        setImmediate(() => { throw new Error('escaped') })
        return new Promise(() => {}) }`,
      ENV,
    )
    peer.socket.write(Buffer.concat([run(2, { n: 1 }), run(3, { n: 2 })]))
    await eventually(() => peer.results.length === 3)
    expect(peer.results.slice(1).map(({ call, status }) => [call, status])).toEqual([
      [2, 502],
      [3, 200],
    ])
  })
})

test('a run that prints nothing says so in the flags of its result, where only printed logs have an end', async () => {
  const env = { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: 'tok_0123456789abcdef', STEMCELL_LOG_END: 'printed' }
  const [, peer] = await started('function main({ say }) { if (say) console.log(say); return {} }', env)
  peer.socket.write(Buffer.concat([run(2, {}), run(3, { say: 'hi' })]))
  await eventually(() => peer.results.length === 3)
  expect(peer.results.slice(1).map(({ flags }) => flags)).toEqual([2, 0])
})

test('a body over the limit is refused and read to its end, and what follows it is understood', async () => {
  const [, peer] = await started('function main(args) { return args }')
  const length = 49 * 1024 * 1024
  peer.socket.write(frame(FrameType.run, 2, '', length))
  for (let left = length; left > 0; left -= 1_048_576) peer.socket.write(Buffer.alloc(1_048_576, 'x'))
  peer.socket.write(run(3, { ok: 1 }))
  await eventually(() => peer.results.length === 3, 30_000)
  expect(peer.results.slice(1)).toMatchObject([
    { call: 2, status: 500, body: '{"error":"Bad request."}' },
    { call: 3, status: 200, body: '{"ok":1}' },
  ])
})

test('bodies that are only announced take no memory', async () => {
  const [runtime] = await started('function main(args) { return args }')
  const resident = (): number =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${runtime.child.pid}/status`, 'latin1'))?.[1])
  const before = resident()
  const peers = await Promise.all(Array.from({ length: 20 }, () => open(runtime)))
  for (const { socket } of peers) socket.write(frame(FrameType.run, 2, '{"value":', 40_000_000))
  const last = await open(runtime)
  last.socket.write(run(9, { ok: 1 }))
  await eventually(() => last.results.length === 1)
  expect(resident() - before).toBeLessThan(100_000)
})

test('what is no frame is named, on the connection and on standard error, and ends that connection only', async () => {
  const [runtime, peer] = await started('function main(args) { return args }')
  const third = await open(runtime)
  third.socket.write(frame(99, 7, ''))
  await eventually(() => third.fault !== '')
  expect(third.fault).toBe('protocol error: a frame of type 99, which this version does not know')
  await eventually(() => runtime.stderr().includes('a frame of type 99'))
  peer.socket.write(run(2, { still: 'there' }))
  await eventually(() => peer.results.length === 2)
  expect(peer.results[1]!.body).toBe('{"still":"there"}')
})

test('an HTTP client may end its side behind its request, and many may come before the HTTP stack is there', async () => {
  const [runtime] = await started('function main(args) { return args }')
  const body = '{"value":{"n":1}}'
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const socket = connect(runtime.socket)
      onTestFinished(() => void socket.destroy())
      socket.end(`POST /run HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      let text = ''
      for await (const bytes of socket) text += String(bytes)
      return text
    }),
  )
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*\{"n":1\}$/)
})

test('a client that ends its side before it has said what it speaks is let go', async () => {
  const [runtime] = await started('function main(args) { return args }')
  for (const beginning of ['', OPENING.slice(0, 20)]) {
    const socket = connect(runtime.socket)
    socket.resume().end(beginning)
    await eventually(() => socket.closed)
  }
})

describe('__OW_* of a run', () => {
  const metadata = { activation_id: 'a1', namespace: 'guest', deadline: '17', api_key: 'secret' }
  const cases: readonly (readonly [string, string])[] = [
    ['are found in process.env', 'function main() { return { ns: process.env.__OW_NAMESPACE } }'],
    [
      'are found in what was kept of process when the action was loaded',
      'const { env } = process; function main() { return { ns: env.__OW_NAMESPACE } }',
    ],
    [
      'are found in what was imported',
      `const imported = import('node:process'); async function main() { const { env } = await imported; return { ns: env.__OW_NAMESPACE } }`,
    ],
    [
      'reach child processes',
      `function main() { return { ns: require('node:child_process').execSync('echo $__OW_NAMESPACE').toString().trim() } }`,
    ],
    [
      'reach worker threads',
      `const { Worker } = require('node:worker_threads')
       function main() { return new Promise((resolve, reject) => new Worker(
         "require('node:worker_threads').parentPort.postMessage({ ns: process.env.__OW_NAMESPACE })", { eval: true })
         .once('message', resolve).once('error', reject)) }`,
    ],
    [
      'survive that the action puts another object in the place of process.env',
      'function main() { process.env = { ...process.env }; return { ns: process.env.__OW_NAMESPACE } }',
    ],
  ]
  test.each(cases)('%s', async (_title, code) => {
    const [, peer] = await started(code)
    peer.socket.write(run(2, {}, metadata))
    await eventually(() => peer.results.length === 2)
    expect(peer.results[1]).toMatchObject({ status: 200, body: '{"ns":"guest"}' })
  })

  test('are those of the run that asks, and nothing of the one before it', async () => {
    const [, peer] = await started(
      `function main({ look }) { if (!look) return {}
        return Object.fromEntries(Object.entries(process.env).filter(([name]) => /^__OW_(API|ACT|NAME)/.test(name))) }`,
    )
    peer.socket.write(
      Buffer.concat([
        run(2, {}, metadata),
        run(3, { look: true }, { activation_id: 'a2' }),
        run(4, { look: true }, metadata),
        run(5, { look: true }, { activation_id: 'a3' }),
      ]),
    )
    await eventually(() => peer.results.length === 5)
    expect(peer.results.slice(2).map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { __OW_ACTIVATION_ID: 'a2' },
      { __OW_ACTIVATION_ID: 'a1', __OW_NAMESPACE: 'guest', __OW_API_KEY: 'secret' },
      { __OW_ACTIVATION_ID: 'a3' },
    ])
  })
})
