// The fake sudo: `node sudo.mjs FOLDER -n -u USER PROGRAM ...` runs the program with the user's name in FAKE_SUDO_USER.
import { spawn } from 'node:child_process'
import { record, withRegistry } from './registry.mjs'

const [, , folder = '', ...args] = process.argv
record(folder, 'sudo.jsonl', args)

const mode = withRegistry(folder, ({ settings }) => settings.sudo)
const [flag, option, user, program, ...rest] = args

/** @param {string} text */
function refuse(text) {
  process.stderr.write(`sudo: ${text}\n`)
  process.exitCode = 1
}

if (flag !== '-n' || option !== '-u' || user === undefined || program === undefined) refuse('usage')
else if (mode === 'password') refuse('a password is required')
else if (mode === 'unknown-user') refuse(`unknown user ${user}`)
else {
  const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, FAKE_SUDO_USER: user } })
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = code ?? 1
  })
}
