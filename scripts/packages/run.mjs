import { spawn } from 'node:child_process'

/** Runs a program to its end. Rejects, with all that it printed, when it fails or takes longer than `timeoutMs`. */
export function run(command, args, { cwd, env = {}, timeoutMs = 240_000 } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers?.() ?? deferred()
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  child.on('error', reject)
  child.on('close', (code, signal) => {
    clearTimeout(timer)
    if (code === 0) return resolve({ stdout, stderr })
    reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${stdout}${stderr}`))
  })
  return promise
}

function deferred() {
  let settle
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }))
  return { promise, ...settle }
}
