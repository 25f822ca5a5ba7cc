import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useServer } from '../../server/test/harness/use-server.ts'
import { ProjectFolder } from './harness/project-folder.ts'
import { runCli } from './harness/run-cli.ts'

const server = useServer()
let folder: ProjectFolder

beforeAll(() => {
  folder = ProjectFolder.of({
    'hello.js': 'function main({ name = "you" }) { console.log("hi", name); return { greeting: `Hi, ${name}` } }\n',
    'fail.js': 'function main() { return { error: "no luck" } }\n',
    'slow.js': 'function main() { return new Promise((resolve) => setTimeout(() => resolve({}), 100)) }\n',
    'page.js': 'function main({ name = "you" }) { return { body: { hello: name } } }\n',
    'esm.mjs': 'export const main = ({ x = 1 }) => ({ x })\n',
    'faulty.ts': 'export const main = (\n',
    'typed.ts': 'export const main = ({ x = 2 }: { x?: number }) => ({ x })\n',
    'greet.sh': '#!/bin/sh\necho "{\\"args\\": $1}"\n',
    'code.xyz': 'x',
    'code.zip': 'x',
    'params.json': '{"name": "File", "more": [1, 2]}',
    'list.json': '[1]',
    'broken.json': '{',
    'swagger.json': JSON.stringify({
      swagger: '2.0',
      info: { title: 'pets', version: '1.0.0' },
      basePath: '/pets',
      paths: { '/all': { get: { operationId: 'getAll', responses: { default: { description: 'ok' } } } } },
    }),
  })
})
afterAll(() => folder.remove())

interface Row {
  readonly args: string
  /** Default 0. */
  readonly code?: number
  /** `<id>` is an activation's, `<n>` a number, `<*>` anything, `<url>` the server. */
  readonly stdout?: string
  readonly stderr?: string
}

const NAME = (name: string): string => `/guest/${name}`.padEnd(70)

/** What the API shows of an action, as `wsk` prints JSON. */
const HELLO = '{\n    "namespace": "guest",\n    "name": "hello",\n    "version": "0.0.2",\n<*>\n}'

const ROWS: readonly Row[] = [
  // Actions.
  { args: 'action list', stdout: 'actions\n' },
  { args: 'action create hello hello.js', stdout: 'ok: created action hello\n' },
  {
    args: 'action create hello hello.js',
    code: 153,
    stderr: "error: Unable to create action 'hello': resource already exists (code <*>)\n",
  },
  {
    args: 'action create',
    code: 2,
    stderr: 'error: Invalid argument(s). An action name and code artifact are required.\n',
  },
  {
    args: 'action create hello',
    code: 2,
    stderr: 'error: Invalid argument(s). An action name and code artifact are required.\n',
  },
  {
    args: 'action create a b c',
    code: 2,
    stderr: 'error: Invalid argument(s): c. An action name and code artifact are required.\n',
  },
  {
    args: 'action create x gone.js',
    code: 2,
    stderr: "error: File 'gone.js' is not a valid file or it does not exist: <*>\n",
  },
  {
    args: 'action create x code.xyz',
    code: 2,
    stderr: "error: Invalid argument(s). '.xyz' is not a supported action runtime\n",
  },
  {
    args: 'action create x code.zip',
    code: 2,
    stderr:
      'error: Invalid argument(s). creating an action from a .zip artifact requires specifying the action kind explicitly\n',
  },
  {
    args: 'action create x hello.js --kind none:1',
    code: 144,
    stderr:
      "error: Unable to create action 'x': <*>The specified runtime 'none:1' is not supported by this platform.<*>\n",
  },
  {
    args: 'action create x hello.js --kind nodejs:20 --docker a/b',
    code: 149,
    stderr: 'error: Cannot specify both --kind and --docker at the same time.\n',
  },
  {
    args: 'action create x hello.js --web maybe',
    code: 2,
    stderr:
      "error: Invalid argument 'maybe' for --web flag. Valid input consist of 'yes', 'true', 'raw', 'false', or 'no'.\n",
  },
  {
    args: 'action create x hello.js --web-secure true',
    code: 2,
    stderr: 'error: The --web-secure option is only valid when the --web option is enabled.\n',
  },
  { args: 'action create x hello.js --timeout long', code: 1, stderr: "error: option '-t, --timeout <ms>' <*>\n" },
  {
    args: 'action create x hello.js -t 1',
    code: 144,
    stderr: "error: Unable to create action 'x': requirement failed: duration 1 milliseconds below <*>\n",
  },
  {
    args: 'action create x hello.js -p name',
    code: 2,
    stderr: "error: Arguments for '--param' must be a key/value pair\n",
  },
  { args: 'action create x hello.js -P broken.json', code: 2, stderr: 'error: Invalid JSON in broken.json: <*>\n' },
  {
    args: 'action create x hello.js -P list.json',
    code: 2,
    stderr: 'error: Invalid JSON in list.json: it must be an object\n',
  },
  { args: 'action create x hello.js --nonsense', code: 1, stderr: "error: unknown option '--nonsense'\n" },
  {
    args: 'action update hello hello.js -p name Ann -p list [1,2] -a description greets -m 128',
    stdout: 'ok: updated action hello\n',
  },
  { args: 'action get hello', stdout: `ok: got action hello\n${HELLO}\n` },
  { args: 'action get hello name', stdout: 'ok: got action hello, displaying field name\n"hello"\n' },
  {
    args: 'action get hello parameters',
    stdout:
      'ok: got action hello, displaying field parameters\n[\n    {\n        "key": "name",\n        "value": "Ann"\n    },\n    {\n        "key": "list",\n        "value": [\n            1,\n            2\n        ]\n    }\n]\n',
  },
  { args: 'action get hello size', code: 2, stderr: "error: Invalid field filter 'size'.\n" },
  { args: 'action get hello --summary', stdout: 'action /guest/hello: greets\n   (parameters: *list, *name)\n' },
  { args: 'action get hello --url', stdout: 'ok: got action hello\n<url>/api/v1/namespaces/guest/actions/hello\n' },
  { args: 'action get hello name --json', stdout: '"hello"\n' },
  {
    args: 'action get gone',
    code: 148,
    stderr: "error: Unable to get action 'gone': The requested resource does not exist. (code <*>)\n",
  },
  { args: 'action get hello --save-as copy.js', stdout: 'ok: saved action code to <*>/copy.js\n' },
  { args: 'action get hello --save-as copy.js', code: 2, stderr: "error: The file 'copy.js' already exists\n" },
  { args: 'action invoke hello', stdout: 'ok: invoked /_/hello with id <id>\n' },
  {
    args: 'action invoke hello --blocking',
    stdout:
      'ok: invoked /_/hello with id <id>\n{\n    "namespace": "guest",\n<*>    "activationId": "<id>",\n<*>"greeting": "Hi, Ann"<*>}\n',
  },
  { args: 'action invoke hello --result', stdout: '{\n    "greeting": "Hi, Ann"\n}\n' },
  { args: 'action invoke hello -r -p name Bo', stdout: '{\n    "greeting": "Hi, Bo"\n}\n' },
  { args: 'action invoke hello -r -P params.json', stdout: '{\n    "greeting": "Hi, File"\n}\n' },
  { args: 'action invoke hello -r -P params.json -p name Bo', stdout: '{\n    "greeting": "Hi, Bo"\n}\n' },
  { args: 'action invoke /guest/hello -r', stdout: '{\n    "greeting": "Hi, Ann"\n}\n' },
  { args: 'invoke hello', stdout: '{\n    "greeting": "Hi, Ann"\n}\n' },
  { args: 'invoke hello --json -p name 7', stdout: '{\n  "greeting": "Hi, 7"\n}\n' },
  {
    args: 'action invoke gone',
    code: 148,
    stderr: "error: Unable to invoke action 'gone': The requested resource does not exist. (code <*>)\n",
  },
  { args: 'action invoke', code: 2, stderr: 'error: Invalid argument(s). An action name is required.\n' },
  { args: 'action create fail fail.js', stdout: 'ok: created action fail\n' },
  { args: 'action invoke fail -r', code: 246, stderr: '{\n    "error": "no luck"\n}\n' },
  {
    args: 'action invoke fail -b',
    code: 246,
    stderr: 'ok: invoked /_/fail with id <id>\n{<*>"error": "no luck"<*>}\n',
  },
  { args: 'action create esm esm.mjs', stdout: 'ok: created action esm\n' },
  { args: 'invoke esm -p x 5', stdout: '{\n    "x": 5\n}\n' },
  { args: 'action create typed typed.ts', stdout: 'ok: created action typed\n' },
  { args: 'invoke typed', stdout: '{\n    "x": 2\n}\n' },
  { args: 'action create x faulty.ts', code: 1, stderr: 'error: faulty.ts:2:1: <*>\n' },
  { args: 'action create script greet.sh --native', stdout: 'ok: created action script\n' },
  { args: 'invoke script -p a 1', stdout: '{\n    "args": {\n        "a": 1\n    }\n}\n' },
  { args: 'action create copied hello --copy', stdout: 'ok: created action copied\n' },
  { args: 'invoke copied', stdout: '{\n    "greeting": "Hi, Ann"\n}\n' },
  { args: 'action create twice hello,hello --sequence', stdout: 'ok: created action twice\n' },
  { args: 'action get twice --save', code: 2, stderr: 'error: Cannot save action sequences\n' },
  { args: 'action create page page.js --web true --web-secure word', stdout: 'ok: created action page\n' },
  { args: 'action get page --url', stdout: 'ok: got action page\n<url>/api/v1/web/guest/default/page\n' },
  {
    args: 'action list --name-sort --limit 2',
    stdout: `actions\n${NAME('page')} private nodejs:20\n${NAME('twice')} private sequence\n`,
  },
  {
    args: 'action list a b',
    code: 2,
    stderr: 'error: Invalid argument(s): b. An optional namespace is the only valid argument.\n',
  },
  {
    args: 'action list /others',
    code: 147,
    stderr: "error: Unable to obtain the list of actions for namespace 'others': <*>\n",
  },
  { args: 'action delete twice', stdout: 'ok: deleted action twice\n' },
  {
    args: 'action delete twice',
    code: 148,
    stderr: "error: Unable to delete action 'twice': The requested resource does not exist. (code <*>)\n",
  },
  // Packages.
  { args: 'package create tools -p unit m --shared yes', stdout: 'ok: created package tools\n' },
  {
    args: 'package create tools',
    code: 153,
    stderr: "error: Unable to create package 'tools': resource already exists (code <*>)\n",
  },
  { args: 'package create', code: 2, stderr: 'error: Invalid argument(s). A package name is required.\n' },
  { args: 'package create x --shared maybe', code: 2, stderr: "error: Cannot use value 'maybe' for shared. <*>\n" },
  { args: 'package update tools -a description measures', stdout: 'ok: updated package tools\n' },
  { args: 'action create tools/hello hello.js', stdout: 'ok: created action tools/hello\n' },
  { args: 'action list tools', stdout: `actions\n${NAME('tools/hello')} private nodejs:20\n` },
  { args: 'package get tools publish', stdout: 'ok: got package tools, displaying field publish\ntrue\n' },
  {
    args: 'package get tools --summary',
    stdout:
      'package /guest/tools: measures\n   (parameters: *unit)\n action /guest/tools/hello\n    (parameters: none defined)\n',
  },
  { args: 'package get gone', code: 148, stderr: "error: Unable to get package 'gone': <*>\n" },
  { args: 'package bind /guest/tools mine', stdout: 'ok: created binding mine\n' },
  {
    args: 'package bind tools',
    code: 2,
    stderr: 'error: Invalid argument(s). A package name and binding name are required.\n',
  },
  { args: 'invoke mine/hello', stdout: '{\n    "greeting": "Hi, you"\n}\n' },
  { args: 'package list -n', stdout: `packages\n${NAME('mine')} private\n${NAME('tools')} shared\n` },
  {
    args: 'package delete tools',
    code: 153,
    stderr: "error: Unable to delete package 'tools': Package not empty <*>\n",
  },
  { args: 'package delete mine', stdout: 'ok: deleted package mine\n' },
  { args: 'package delete tools --force', stdout: 'ok: deleted package tools\n' },
  // Triggers and rules.
  { args: 'trigger create t -p from trigger', stdout: 'ok: created trigger t\n' },
  {
    args: 'trigger create t',
    code: 153,
    stderr: "error: Unable to create trigger 't': resource already exists (code <*>)\n",
  },
  { args: 'trigger fire t', stdout: 'trigger /_/t did not fire as it is not associated with an active rule\n' },
  { args: 'rule create r t hello', stdout: 'ok: created rule r\n' },
  {
    args: 'rule create r t',
    code: 2,
    stderr: 'error: Invalid argument(s). A rule, trigger and action name are required.\n',
  },
  { args: 'rule create r2 t gone', code: 144, stderr: "error: Unable to create rule 'r2': <*>\n" },
  { args: 'trigger fire t -p name Ann', stdout: 'ok: triggered /_/t with id <id>\n' },
  { args: 'trigger fire t {"name":"Ann"}', stdout: 'ok: triggered /_/t with id <id>\n' },
  { args: 'trigger fire gone', code: 148, stderr: "error: Unable to fire trigger 'gone': <*>\n" },
  { args: 'trigger get t name', stdout: 'ok: got trigger t, displaying field name\n"t"\n' },
  { args: 'trigger get t --summary', stdout: 'trigger /guest/t\n   (parameters: *from)\n' },
  { args: 'trigger update t -a description wakes', stdout: 'ok: updated trigger t\n' },
  { args: 'trigger list', stdout: `triggers\n${NAME('t')} private\n` },
  { args: 'rule status r', stdout: 'ok: rule r is active\n' },
  { args: 'rule disable r', stdout: 'ok: disabled rule r\n' },
  { args: 'rule list', stdout: `rules\n${NAME('r')} private              inactive\n` },
  { args: 'rule enable r', stdout: 'ok: enabled rule r\n' },
  { args: 'rule update r t fail', stdout: 'ok: updated rule r\n' },
  { args: 'rule get r action', stdout: 'ok: got rule r, displaying field action\n{<*>"fail"<*>}\n' },
  { args: 'rule get r --summary', stdout: 'rule /guest/r\n   (status: active)\n' },
  { args: 'rule get gone', code: 148, stderr: "error: Unable to get rule 'gone': <*>\n" },
  { args: 'rule delete r --disable', stdout: 'ok: deleted rule r\n' },
  { args: 'trigger delete t', stdout: 'ok: deleted trigger t\n' },
  {
    args: 'trigger create tick --feed /whisk.system/alarms/interval -p minutes 5',
    stdout: 'ok: invoked /whisk.system/alarms/interval with id <id>\n{<*>}\nok: created trigger tick\n',
  },
  {
    args: 'trigger get tick',
    stdout: 'ok: invoked /whisk.system/alarms/interval with id <id>\n{<*>"minutes": 5<*>}\n',
  },
  { args: 'trigger update tick -p minutes 7', stdout: 'ok: invoked <*>ok: updated trigger tick\n' },
  { args: 'trigger delete tick', stdout: 'ok: invoked <*>ok: deleted trigger tick\n' },
  {
    args: 'trigger create bad --feed /whisk.system/alarms/interval',
    code: 246,
    stderr:
      "error: Unable to invoke trigger 'bad' feed action '/whisk.system/alarms/interval'; feed is not configured: <*>\n",
  },
  { args: 'trigger get bad', code: 148, stderr: "error: Unable to get trigger 'bad': <*>\n" },
  // Activations.
  {
    args: 'activation list hello --limit 1',
    stdout:
      'Datetime            Activation ID                    Kind      Start Duration   Status  Entity\n<n>-<n>-<n> <n>:<n>:<n> <id> nodejs:20 <*>success guest/hello:0.0.2\n',
  },
  {
    args: 'activation list --limit 1000',
    code: 144,
    stderr: "error: Unable to obtain the list of activations for namespace '_': <*>\n",
  },
  {
    args: 'activation get --last activationId',
    stdout: 'ok: got activation <id>, displaying field activationId\n"<id>"\n',
  },
  { args: 'activation get', code: 2, stderr: 'error: Invalid argument(s). An activation ID is required.\n' },
  {
    args: 'activation get abc',
    code: 144,
    stderr: "error: Unable to get activation 'abc': Activation id length is 3 but must be 32. (code <*>)\n",
  },
  {
    args: 'activation result 00000000000000000000000000000000',
    code: 148,
    stderr: "error: Unable to get result for activation '00000000000000000000000000000000': <*>\n",
  },
  { args: 'activation poll --exit 1', stdout: 'Enter Ctrl-c to exit.\nPolling for activation logs\n<*>' },
  // Namespaces.
  { args: 'namespace list', stdout: 'namespaces\nguest\n' },
  { args: 'namespace list --json', stdout: '[\n  "guest"\n]\n' },
  {
    args: 'namespace get --name-sort',
    stdout: 'Entities in namespace: guest\npackages\nactions\n<*>/guest/hello<*>triggers\nrules\n',
  },
  { args: 'list', stdout: 'Entities in namespace: guest\n<*>/guest/hello<*>' },
  { args: '-i --apihost <url> -v namespace list', stdout: 'namespaces\nguest\n' },
  {
    args: '--auth=x:y namespace list',
    code: 145,
    stderr: 'error: Unable to obtain the list of available namespaces: <*>',
  },
  // APIs.
  {
    args: 'api create /shop /items get hello',
    code: 1,
    stderr:
      "error: Unable to create API: Action '/_/hello' is not a web action. Issue 'stemcell action update \"/_/hello\" --web true' to convert the action to a web action.\n",
  },
  { args: 'api create /shop /items fetch page', code: 2, stderr: "error: 'fetch' is not a valid API verb. <*>\n" },
  {
    args: 'api create shop /items get page',
    code: 2,
    stderr: "error: 'shop' must begin with '/': it is the base path of an API.\n",
  },
  { args: 'api create', code: 2, stderr: 'error: Invalid argument(s). Specify a swagger file <*>\n' },
  {
    args: 'api create /shop /items get page -n store --response-type http',
    stdout: 'ok: created API /shop/items GET for action /_/page\nhttp<*>/items\n',
  },
  {
    args: 'api list',
    stdout: 'ok: APIs\nAction         Verb API Name  URL\n/guest/page     get    store  http<*>/items\n',
  },
  {
    args: 'api list --full',
    stdout:
      'ok: APIs\nAction: /guest/page\n  API Name: store\n  Base path: /shop\n  Path: /items\n  Verb: get\n  URL: http<*>\n',
  },
  { args: 'api get /shop', stdout: '{<*>"basePath": "/shop"<*>}\n' },
  { args: 'api get /shop --format yaml', stdout: '<*>basePath: /shop\n<*>' },
  { args: 'api get /gone', code: 1, stderr: 'error: Unable to get API: API does not exist for basepath /gone\n' },
  { args: 'api create -c swagger.json', stdout: 'ok: created API /pets\nhttp<*>\n' },
  { args: 'api create -c broken.json', code: 2, stderr: "error: Error parsing swagger file 'broken.json': <*>\n" },
  { args: 'api delete /shop /items get', stdout: 'ok: deleted /items GET from /shop\n' },
  { args: 'api delete /pets', stdout: 'ok: deleted API /pets\n' },
  {
    args: 'api delete /gone',
    code: 246,
    stderr: "error: Unable to delete API: API deletion failure: API '/gone' does not exist.<*>\n",
  },
  // The rest.
  { args: 'completion bash', stdout: '_stemcell() {<*>complete -F _stemcell stemcell\n' },
  {
    args: 'completion tcsh',
    code: 2,
    stderr: "error: there is no completion for 'tcsh': bash, zsh and fish have one\n",
  },
  { args: 'logs gone', code: 1, stderr: 'error: nothing has run yet\n' },
]

function pattern(text: string): RegExp {
  const source = text
    .replaceAll('<url>', server().url)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('<\\*>', '[\\s\\S]*')
    .replaceAll('<id>', '[0-9a-f]{32}')
    .replaceAll('<n>', '\\d+')
  return new RegExp(`^${source}$`)
}

describe('a command of every day', () => {
  it('has a table of them', () => expect(ROWS.length).toBeGreaterThanOrEqual(80))

  it.each(ROWS)('$args', async ({ args, code = 0, stdout = '', stderr = '' }) => {
    const outcome = await runCli(args.replace('<url>', server().url).split(' '), {
      cwd: folder.path,
      environment: { WSK_CONFIG_FILE: `${server().data}/.wskprops` },
    })
    expect(outcome.stderr).toMatch(pattern(stderr))
    expect(outcome.stdout).toMatch(pattern(stdout))
    expect(outcome.code).toBe(code)
  })

  it('saves code as it was sent', () => {
    expect(readFileSync(folder.join('copy.js'), 'utf8')).toBe(readFileSync(folder.join('hello.js'), 'utf8'))
  })

  it('shows what ran, and with --follow what runs', async () => {
    const environment = { WSK_CONFIG_FILE: `${server().data}/.wskprops` }
    const stop = new AbortController()
    let followed = ''
    const following = runCli(['logs', 'hello', '--follow'], {
      cwd: folder.path,
      environment,
      signal: stop.signal,
      written: (text) => (followed += text),
    })
    const began = performance.now()
    while (!followed.includes('Hi, followed')) {
      expect(performance.now() - began).toBeLessThan(30_000)
      await runCli(['invoke', 'hello', '-p', 'name', 'followed'], { cwd: folder.path, environment })
    }
    stop.abort()
    expect((await following).code).toBe(0)
    expect(followed).toMatch(/^\S+ ok hello \{"greeting":"Hi, followed"\} .* ms [0-9a-f]{32}\n {4}hi followed\n/m)
    const { stdout } = await runCli(['logs', 'hello'], { cwd: folder.path, environment })
    expect(stdout).toMatch(/^\S+ ok hello \{"greeting":"Hi, followed"\}/)
    const last = await runCli(['logs', 'hello', '--json'], { cwd: folder.path, environment })
    expect(JSON.parse(last.stdout)).toMatchObject({ name: 'hello', logs: [expect.stringContaining('hi followed')] })
  })

  it('takes a server from flags, environment, property file and data folder, in this order', async () => {
    const { url, key, data } = server()
    const nowhere = { WHISK_APIHOST: 'http://127.0.0.1:1', WHISK_AUTH: key }
    const list = (args: string[], environment: Record<string, string>): Promise<number> =>
      runCli(['namespace', 'list', ...args], { cwd: folder.path, environment }).then(({ code }) => code)
    expect(await list([], {})).toBe(1)
    expect(await list(['--data', data], {})).toBe(0)
    expect(await list(['--apihost', url, '--auth', key], nowhere)).toBe(0)
    expect(await list([], { ...nowhere, WSK_CONFIG_FILE: `${data}/.wskprops` })).toBe(3)
    expect(await list([], { WHISK_APIHOST: url, WHISK_AUTH: key })).toBe(0)
    expect(await list(['--auth', `${key}x`], { WHISK_APIHOST: url })).toBe(145)
    const wrong = { cwd: folder.path, environment: { WHISK_APIHOST: url, WHISK_AUTH: `${key}x` } }
    expect((await runCli(['list'], wrong)).stderr).toContain(`${url} does not know the key of WHISK_AUTH\n`)
    const flag = await runCli(['list', '--auth', `${key}x`], wrong)
    expect(flag.stderr).toContain(`${url} does not know the key of --auth\n`)
    const here = await runCli(['namespace', 'list'], { cwd: `${server().folder.path}`, environment: {} })
    expect(here.code).toBe(1)
  })
})
