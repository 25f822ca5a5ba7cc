import {
  SystemActionError,
  type Adapter,
  type SystemAction,
  type SystemPackage,
  type SystemPackageContext,
} from '@stemcell/core'

export interface MyPackageOptions {
  /** What people are greeted with. */
  readonly greeting: string
}

/** The package `/whisk.system/my-package`: its actions run inside the controller, for everybody. */
export class MyPackage implements SystemPackage {
  readonly name = 'my-package'
  readonly description = 'Actions that need no container'
  readonly actions: readonly SystemAction[]

  constructor({ greeting }: MyPackageOptions) {
    this.actions = [
      {
        name: 'greet',
        description: 'Greets somebody',
        takes: [{ name: 'name', description: 'Who is greeted', required: true, type: 'string' }],
        run: ({ parameters: { name }, caller, log }) => {
          if (typeof name !== 'string') throw new SystemActionError('Say whom to greet: name.')
          log(`greeted for ${caller.namespace}`)
          return { greeting: `${greeting}, ${name}` }
        },
      },
    ]
  }
}

/** For `assemble({ systemPackages: [myPackage({ greeting })] })`. */
export function myPackage(options: MyPackageOptions): Adapter<SystemPackage, SystemPackageContext> {
  return { name: '__NAME__', core: '^__VERSION__', build: () => new MyPackage(options) }
}
