import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Logger } from '@stemcell/core'
import type { ContainerRegistry } from './container-registry.ts'
import { withoutInherited } from './inherited-descriptors.ts'

/**
 * Waits for its standard input to end, as it does however the platform ends, then kills every process on record in
 * folder $1 and every one that carries mark $2, and removes $1 and its short name $3. SIGKILL also ends what is stopped or never yields.
 */
const SCRIPT = `
trap '' INT TERM HUP
while read -r _; do :; done
for folder in "$1"/*/; do
  [ -f "$folder/pid" ] || continue
  read -r pid start < "$folder/pid" || continue
  if [ -r "/proc/$pid/stat" ]; then
    read -r stat < "/proc/$pid/stat"
    fields=\${stat##*) }
    now=$(set -- $fields; shift 19; echo "$1")
    [ "$now" = "$start" ] || continue
  fi
  kill -KILL "-$pid" 2>/dev/null
done
pass=0
while [ -d /proc/1 ] && [ $pass -lt 10 ]; do
  pass=$((pass + 1))
  marked=$(grep -laF -- "$2" /proc/[0-9]*/environ 2>/dev/null)
  [ -n "$marked" ] || break
  for file in $marked; do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null
  done
done
rm -rf -- "$1" "$3"
`

/** A small process that outlives this one just long enough to kill what it leaves behind. */
export class Guardian {
  #child: ChildProcess | undefined
  #closing = false

  start(registry: ContainerRegistry, logger: Logger): void {
    const { folder, shortName } = registry
    this.#closing = false
    const lost = (err?: unknown): void => {
      if (!this.#closing) logger.warn({ err }, 'guardian ended: processes may outlive a crash until they are reaped')
    }
    let child: ChildProcess
    try {
      child = withoutInherited((nothing) =>
        spawn('/bin/sh', ['-c', SCRIPT, 'stemcell-guardian', folder, registry.mark(), shortName], {
          cwd: '/',
          detached: true,
          env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
          stdio: ['pipe', 'ignore', 'ignore', ...nothing],
        }),
      )
    } catch (err) {
      lost(err)
      return
    }
    child.on('error', lost).once('exit', () => lost())
    child.stdin?.on('error', lost)
    child.unref()
    ;(child.stdin as { unref?: () => void } | null)?.unref?.()
    this.#child = child
  }

  /** It kills what is left, of which there should be nothing, and ends. */
  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.#closing = true
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
  }
}
