import { spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { findProgram } from '../host/find-program.ts'
import { readElf } from '../host/read-elf.ts'
import type { PlanOptions } from '../image-definition.ts'
import type { RootFs } from '../root-fs.ts'

/** What scripts call most, of POSIX and GNU. */
const USUAL = `
  [ awk base64 basename cat chmod cmp comm cp cut date dd df diff dirname du echo env expand expr
  false find fold grep gzip head id join ln ls md5sum mkdir mkfifo mktemp mv nl nproc od paste
  printenv printf pwd readlink realpath rev rm rmdir sed seq sh sha1sum sha256sum sha512sum shuf sleep
  sort split stat tac tail tar tee test timeout touch tr true truncate uname uniq wc
  xargs xxd
`
  .trim()
  .split(/\s+/)
/** For actions that speak to the world. */
const EXTRA = ['bash', 'curl', 'jq']

/**
 * A shell and what shell scripts call, below `/usr/bin`: BusyBox where the machine has it, else the machine's own.
 * False when there is no shell.
 */
export function addShell(root: RootFs, options: PlanOptions): boolean {
  root.addFolder('/usr/bin').addLink('/bin', 'usr/bin')
  const busybox = findProgram('busybox', options)
  if (busybox === undefined) addTools(root, [...USUAL, ...EXTRA], options)
  else {
    addBusybox(root, busybox)
    addTools(root, EXTRA, options)
  }
  return root.entries.some(({ path }) => path === '/usr/bin/sh')
}

/** Those that the machine has; of several names of one program one is the file and the others lead to it. */
export function addTools(root: RootFs, names: readonly string[], options: PlanOptions): void {
  const placed = new Map<string, string>()
  for (const name of names) {
    const found = findProgram(name, options)
    const file = found === undefined ? undefined : realpathSync(found)
    // A script would need its interpreter.
    if (file === undefined || !readElf(file)) continue
    const first = placed.get(file)
    if (first === undefined) root.addProgram(`/usr/bin/${name}`, file)
    else if (first !== name) root.addLink(`/usr/bin/${name}`, first)
    placed.set(file, first ?? name)
  }
}

function addBusybox(root: RootFs, busybox: string): void {
  root.addProgram('/usr/bin/busybox', busybox)
  const { stdout } = spawnSync(busybox, ['--list'], { encoding: 'utf8' })
  const applets = (stdout ?? '').split('\n').filter((name) => name !== '' && name === basename(name))
  for (const applet of applets) if (applet !== 'busybox') root.addLink(`/usr/bin/${applet}`, 'busybox')
}
