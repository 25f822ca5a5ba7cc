import { expect, test } from 'vitest'
import { type Frames, readFrames, textOf, TOKEN } from './read-frames.ts'
import { eventually, type RuntimeProcess, SENTINEL, startRuntime, type StartOptions } from './runtime-process.ts'

const ATTRIBUTED = { STEMCELL_LOGS: 'attributed', STEMCELL_LOG_TOKEN: TOKEN }

function start(options: StartOptions = {}): Promise<RuntimeProcess> {
  return startRuntime({ ...options, env: { ...ATTRIBUTED, ...options.env } })
}

async function stopped(runtime: RuntimeProcess): Promise<{ stdout: Frames; stderr: Frames }> {
  runtime.child.kill('SIGTERM')
  await runtime.exited()
  return { stdout: readFrames(runtime.stdout()), stderr: readFrames(runtime.stderr()) }
}

test('the stream is exactly what the README defines', async () => {
  const runtime = await start()
  await runtime.init(
    `console.log('loaded'); function main() { console.log('one\\ntwo'); process.stdout.write('half'); console.error('e'); return {} }`,
    {
      env: { __OW_ACTIVATION_ID: 'a1' },
    },
  )
  await runtime.run({}, { activation_id: 'a1' })
  await stopped(runtime)
  expect(runtime.stdout().toString()).toBe(
    `${TOKEN} a1 loaded\n${TOKEN} a1 one\n${TOKEN} a1 two\n${TOKEN} a1 half\n${TOKEN}-end a1\n`,
  )
  expect(runtime.stderr().toString()).toBe(`${TOKEN} a1 e\n${TOKEN}-end a1\n`)
})

test('a run that is refused before there is an action has an end all the same, if it has a name', async () => {
  const runtime = await start()
  expect((await runtime.run({}, { activation_id: 'early' })).status).toBe(403)
  expect((await runtime.run({})).status).toBe(403)
  await stopped(runtime)
  expect(runtime.stdout().toString()).toBe(`${TOKEN}-end early\n`)
  expect(runtime.stderr().toString()).toBe(`${TOKEN}-end early\n`)
})

test('of 100 concurrent runs no line is lost, misattributed or out of order', async () => {
  const runtime = await start({ env: { __OW_ALLOW_CONCURRENT: 'true' } })
  await runtime.init(`
    const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
    async function main({ me }) {
      for (let i = 0; i < 40; i++) {
        if (i % 3 === 0) { process.stdout.write(me); await pause(); process.stdout.write(' line '); await null; console.log(i) }
        else console.log(me + ' line ' + i)
        if (i % 5 === 0) console.error(me + ' err ' + i)
        if (i % 4 === 0) await pause()
      }
      setImmediate(() => {}); process.stdout.write(me + ' tail')
      return { me }
    }`)
  const ids = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(32, 'abcdef'))
  const answers = await Promise.all(ids.map((me) => runtime.run({ me }, { activation_id: me })))
  expect(answers.map(({ json }) => json)).toEqual(ids.map((me) => ({ me })))
  const { stdout, stderr } = await stopped(runtime)
  for (const me of ids) {
    const numbers = Array.from({ length: 40 }, (_, i) => i)
    expect(textOf(stdout, me)).toEqual([...numbers.map((i) => `${me} line ${i}`), `${me} tail`])
    expect(textOf(stderr, me)).toEqual(numbers.filter((i) => i % 5 === 0).map((i) => `${me} err ${i}`))
  }
  for (const stream of [stdout, stderr]) {
    expect(stream.unframed).toBe('')
    expect(stream.ends.toSorted()).toEqual(ids.toSorted())
    expect(stream.lines.size).toBe(100)
  }
})

test('the end marker follows the last line and is out with the answer', async () => {
  const runtime = await start()
  await runtime.init(`async function main() { await null; console.log('last'); return {} }`)
  await runtime.run({}, { activation_id: 'a1' })
  await eventually(() => runtime.stdout().toString() === `${TOKEN} a1 last\n${TOKEN}-end a1\n`)
})

test('printing the sentinel, or something like a frame, is ordinary text', async () => {
  const runtime = await start()
  const texts = [SENTINEL.trim(), 'tok_guess-end a1', 'x-end a1', `a ${SENTINEL.trim()} b`]
  await runtime.init(`function main({ texts }) { for (const text of texts) console.log(text); return {} }`)
  await runtime.run({ texts }, { activation_id: 'a1' })
  const { stdout } = await stopped(runtime)
  expect(textOf(stdout, 'a1')).toEqual(texts)
  expect(stdout.ends).toEqual(['a1'])
})

test('binary output, empty lines and carriage returns pass unchanged', async () => {
  const runtime = await start()
  const bytes = Buffer.from([0xff, 0, 0xfe, 0x0d, 10, 10, 0xe2, 0x98])
  await runtime.init(`function main() {
    const bytes = Buffer.from('${bytes.toString('hex')}', 'hex'); process.stdout.write(bytes); bytes.fill(65)
    process.stdout.write(new Uint8Array([0x83, 10])); return {} }`)
  await runtime.run({}, { activation_id: 'a1' })
  const { stdout } = await stopped(runtime)
  expect(stdout.lines.get('a1')!.map((line) => line.toString('hex'))).toEqual(['ff00fe0d', '', 'e29883'])
})

test('a long line comes in pieces of at most 64 KB that join to the same line', async () => {
  const runtime = await start()
  await runtime.init(`function main() {
    process.stdout.write('ab'.repeat(100000)); process.stdout.write('c'.repeat(70000) + '\\nnext\\n' + 'd'.repeat(65536))
    return {} }`)
  await runtime.run({}, { activation_id: 'a1' })
  const { stdout } = await stopped(runtime)
  expect(textOf(stdout, 'a1')).toEqual(['ab'.repeat(100_000) + 'c'.repeat(70_000), 'next', 'd'.repeat(65_536)])
  const longest = Math.max(
    ...runtime
      .stdout()
      .toString()
      .split('\n')
      .map((line) => line.length),
  )
  expect(longest).toBe(65_536 + `${TOKEN}+ a1 `.length)
})

test('what a run leaves behind keeps its activation, also after the end marker', async () => {
  const runtime = await start()
  await runtime.init(`let go; process.on('SIGUSR2', () => go())
    const signal = () => new Promise((resolve) => { go = resolve })
    function main({ leave }) {
      if (leave) { console.log('early'); const timer = setInterval(() => {}, 50)
        setTimeout(() => { console.log('late'); process.stdout.write('unfinished'); clearInterval(timer) }, 20) }
      else return new Promise((resolve) => setTimeout(() => { console.log('mine'); resolve({}) }, 60))
      return {} }`)
  await runtime.run({ leave: true }, { activation_id: 'first' })
  await runtime.run({}, { activation_id: 'second' })
  const { stdout } = await stopped(runtime)
  expect(stdout.ends).toEqual(['first', 'second'])
  expect(textOf(stdout, 'first')).toEqual(['early', 'late', 'unfinished'])
  expect(textOf(stdout, 'second')).toEqual(['mine'])
})

test('a run that prints nothing marks its end all the same', async () => {
  const runtime = await start()
  await runtime.init('function main() { return {} }')
  expect((await runtime.run({}, { activation_id: 'a1' })).headers['x-stemcell-log']).toBeUndefined()
  const { stdout, stderr } = await stopped(runtime)
  expect([stdout.ends, stderr.ends]).toEqual([['a1'], ['a1']])
})

test('a run that prints nothing says so in its answer and marks no end, where only printed logs have one', async () => {
  const runtime = await start({ env: { STEMCELL_LOG_END: 'printed' } })
  await runtime.init(`function main({ say }) { if (say) console.log(say); return {} }`)
  const silent = await runtime.run({}, { activation_id: 'a1' })
  const loud = await runtime.run({ say: 'hello' }, { activation_id: 'a2' })
  expect(silent.headers['x-stemcell-log']).toBe('none')
  expect(loud.headers['x-stemcell-log']).toBeUndefined()
  const { stdout, stderr } = await stopped(runtime)
  expect([stdout.ends, stderr.ends]).toEqual([['a2'], ['a2']])
})

test('what the module set up at load time prints for the one run in progress', async () => {
  const runtime = await start()
  await runtime.init(
    `const { EventEmitter } = require('node:events'); const jobs = []
     const worker = setInterval(() => { const job = jobs.shift(); if (job) { console.log('worked for', job.name); job.done({}) } }, 5)
     function main({ name }) { return new Promise((done) => jobs.push({ name, done })) }`,
    { env: { __OW_ACTIVATION_ID: 'first' } },
  )
  await runtime.run({ name: 'first' }, { activation_id: 'first' })
  await runtime.run({ name: 'second' }, { activation_id: 'second' })
  const { stdout } = await stopped(runtime)
  expect(textOf(stdout, 'second')).toEqual(['worked for second'])
})

test('a failed init ends its activation with the reason on stderr', async () => {
  const runtime = await start()
  await runtime.init(`console.log('loading'); missing()`, { env: { __OW_ACTIVATION_ID: 'a1' } })
  const { stdout, stderr } = await stopped(runtime)
  expect([textOf(stdout, 'a1'), stdout.ends, stderr.ends]).toEqual([['loading'], ['a1'], ['a1']])
  expect(textOf(stderr, 'a1')[0]).toBe('ReferenceError: missing is not defined')
})

test('output of child processes stays outside the frames', async () => {
  const runtime = await start()
  await runtime.init(`function main() {
    console.log('before'); require('node:child_process').execSync('printf raw', { stdio: 'inherit' }); console.log('after'); return {} }`)
  await runtime.run({}, { activation_id: 'a1' })
  const { stdout } = await stopped(runtime)
  expect(stdout.unframed).toBe('raw')
  expect(textOf(stdout, 'a1')).toEqual(['before', 'after'])
})

test('an exit in the middle of concurrent runs still ends all of them', async () => {
  const runtime = await start({ env: { __OW_ALLOW_CONCURRENT: 'true' } })
  await runtime.init(`let count = 0
    function main({ me }) { process.stdout.write('half of ' + me); if (++count === 5) process.exit(3); return new Promise(() => {}) }`)
  const ids = ['a', 'b', 'c', 'd', 'e']
  await Promise.allSettled(ids.map((me) => runtime.run({ me }, { activation_id: me })))
  expect(await runtime.exited()).toBe(3)
  const stdout = readFrames(runtime.stdout())
  expect(stdout.ends.toSorted()).toEqual(ids)
  for (const me of ids) expect(textOf(stdout, me)).toEqual([`half of ${me}`])
})

test('an activation without a usable id is called "-"', async () => {
  const runtime = await start()
  await runtime.init(`function main() { console.log('hi'); return {} }`)
  await runtime.run({}, { activation_id: 'two words\n' })
  await stopped(runtime)
  expect(runtime.stdout().toString()).toBe(`${TOKEN} - hi\n${TOKEN}-end -\n`)
})

test('a word for the ends of logs that is not known is refused', async () => {
  await expect(start({ env: { STEMCELL_LOG_END: 'never' } })).rejects.toThrow("'always' or 'printed'")
})

test.each([{}, { STEMCELL_LOG_TOKEN: 'short' }, { STEMCELL_LOG_TOKEN: 'with spaces in the token' }])(
  'the program does not start with the token settings %j',
  async (env) => {
    await expect(startRuntime({ env: { STEMCELL_LOGS: 'attributed', ...env } })).rejects.toThrow('STEMCELL_LOG_TOKEN')
  },
)
