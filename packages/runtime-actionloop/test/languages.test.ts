import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { shellLoop, SENTINEL, startLoop, stopped, temporaryFolder } from './loop-runtime.ts'
import { testWith } from '../../../test/test-with.ts'

const PERL = `#!/usr/bin/env perl
open(my $out, '>&=', 3); select($out); $| = 1; select(STDOUT); $| = 1;
print $out "{\\"ok\\":true}\\n";
while (<STDIN>) { chomp; print "hello\\n"; print $out "{\\"line\\":$_}\\n" }
`
const PYTHON = `#!/usr/bin/env python3
import os, sys
out = os.fdopen(3, 'w')
print('{"ok":true}', file=out, flush=True)
for line in sys.stdin:
    print('hello', flush=True)
    print('{"line":%s}' % line.strip(), file=out, flush=True)
`
const C = `#include <stdio.h>
#include <stdlib.h>
int main(void) {
  FILE *out = fdopen(3, "w"); char *line = NULL; size_t size = 0; ssize_t length;
  fputs("{\\"ok\\":true}\\n", out); fflush(out);
  while ((length = getline(&line, &size, stdin)) > 0) {
    puts("hello"); fflush(stdout);
    fprintf(out, "{\\"line\\":%.*s}\\n", (int)(length - 1), line); fflush(out);
  }
  return 0;
}
`
const GO = `package main
import ("bufio"; "fmt"; "os")
func main() {
  out := os.NewFile(3, "replies")
  fmt.Fprintln(out, "{\\"ok\\":true}")
  in := bufio.NewReader(os.Stdin)
  for {
    line, err := in.ReadBytes('\\n')
    if err != nil { return }
    fmt.Println("hello")
    fmt.Fprintf(out, "{\\"line\\":%s}\\n", line[:len(line)-1])
  }
}
`
const SHELL = shellLoop(`echo hello; printf '{"line":%s}\\n' "$line" >&3`, `echo '{"ok":true}' >&3`)

/** Base64 of the program that a compiler makes of the source. */
async function compiled(source: string, name: string, command: readonly string[]): Promise<string> {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, name), source)
  const [tool = '', ...args] = command
  const env = { ...process.env, GOCACHE: path.join(folder, 'cache'), GOFLAGS: '-mod=mod', CGO_ENABLED: '0' }
  await promisify(execFile)(tool, [...args, '-o', 'out', name], { cwd: folder, env })
  return readFileSync(path.join(folder, 'out')).toString('base64')
}

async function speaks(code: string, binary: boolean): Promise<void> {
  const runtime = await startLoop('actionloop', { OW_WAIT_FOR_ACK: '1' })
  expect(await runtime.init(code, { binary })).toMatchObject({ status: 200 })
  for (const value of [{ n: 1 }, { text: 'Wörld ☃ 🚀 \n "x"' }]) {
    expect((await runtime.run(value)).json).toEqual({ line: { value } })
  }
  expect((await stopped(runtime)).stdout).toBe(`hello\n${SENTINEL}`.repeat(2))
}

describe('the protocol is spoken by', () => {
  testWith('sh', 'a shell script', () => speaks(SHELL, false))
  testWith('perl', 'a Perl script', () => speaks(PERL, false))
  testWith('python3', 'a Python script', () => speaks(PYTHON, false))
  testWith('gcc', 'a program that was written in C', async () => speaks(await compiled(C, 'main.c', ['gcc']), true))
  testWith(
    'go',
    'a program that was written in Go',
    async () => speaks(await compiled(GO, 'main.go', ['go', 'build']), true),
    { timeout: 180_000 },
  )
})
