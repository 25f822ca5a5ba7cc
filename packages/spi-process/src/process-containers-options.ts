import { z } from '@stemcell/core/schema'

/** Options of {@link processContainers}. */
export const processContainersOptions = z.strictObject({
  /** Private folder for sockets and for the list of processes; made with mode 700. Default: `<tmp>/stemcell-<uid>`. */
  dir: z.string().min(1).optional(),
  /** The Node.js program that runs actions. Default: the one that runs the platform. */
  node: z.string().min(1).optional(),
  /** The program that runs Python actions: a path, or a name that is looked for in `path`. */
  python: z.string().min(1).default('python3'),
  /** Folder of npm packages that every action may `require`. */
  packagesDir: z.string().startsWith('/').optional(),
  /** `PATH` of the actions. */
  path: z.string().min(1).default('/usr/local/bin:/usr/bin:/bin'),
  /** Longest wait for a new process to answer. */
  startTimeoutMs: z.int().min(1).max(600_000).default(20_000),
  /** Most files that each process of an action may have open; a lower limit of the platform's own stays in force. */
  openFiles: z.int().min(64).max(1_048_576).default(1_024),
  /** How often the memory of a process with a run in progress is looked at. */
  memoryCheckMs: z.int().min(5).max(10_000).default(50),
})

export type ProcessContainersOptions = z.input<typeof processContainersOptions>
export type ProcessContainersSettings = z.output<typeof processContainersOptions>
