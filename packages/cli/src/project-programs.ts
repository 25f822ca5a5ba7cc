import { Command, InvalidArgumentError } from 'commander'
import type { DeployFlags } from './commands/deploy.ts'
import type { DevFlags } from './commands/dev.ts'
import type { Context } from './context.ts'
import { serverOptions } from './server-options.ts'

/** `deploy`, `undeploy` and `dev`. */
export function projectPrograms(context: Context): Command[] {
  const manifests = (command: Command): Command =>
    command
      .option(
        '-m, --manifest <file>',
        'a manifest of wskdeploy (default: manifest.yaml, where there is no stemcell.yaml)',
      )
      .option('-d, --deployment <file>', 'a deployment file of wskdeploy (default: deployment.yaml)')
  const deploy = new Command('deploy')
    .description('makes a server have what is in a project folder; only what changed is sent')
    .argument('[folder]', 'the project', '.')
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--prune', 'also remove what the project had and has no more')
    .option('--json', 'the plan as one line of JSON')
    .action(async (folder: string, flags: DeployFlags) => {
      const { deploy: run } = await import('./commands/deploy.ts')
      await run(folder, flags, context)
    })
  const undeploy = new Command('undeploy')
    .description('removes from a server all that a project has there')
    .argument('[folder]', 'the project', '.')
    .option('--dry-run', 'show what would be removed, and do nothing')
    .option('--json', 'the plan as one line of JSON')
    .action(async (folder: string, flags: DeployFlags) => {
      const { undeploy: run } = await import('./commands/deploy.ts')
      await run(folder, flags, context)
    })
  const dev = new Command('dev')
    .description(
      'deploys a project whenever something in it is saved, and shows what runs; starts a server if none runs here',
    )
    .argument('[folder]', 'the project', '.')
    .option('--inspect <action>', 'let a debugger look into an action of Node.js')
    .option('--open', 'show the first web action in the browser')
    .option('--port <number>', 'port of a server that is started (default 3233)', port)
    .action(async (folder: string, flags: DevFlags) => {
      const { dev: run } = await import('./commands/dev.ts')
      await run(folder, flags, context)
    })
  return [deploy, undeploy, dev].map(manifests).map(serverOptions)
}

function port(value: string): number {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : -1
  if (number < 0 || number > 65_535) throw new InvalidArgumentError('a port is 0 to 65535')
  return number
}
