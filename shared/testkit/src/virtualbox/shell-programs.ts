import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import type { TestScope } from '../test-scope.ts'

/** One start of a program. */
export interface ProgramStart {
  readonly program: string
  readonly args: readonly string[]
  readonly pid: number
  readonly environment: Readonly<Record<string, string>>
}

/** Gives what the program does, as a script for bash. */
export type Script = (start: ProgramStart) => string | Promise<string>

/**
 * Programs that are scripts: each asks this process what to do, and does it. One starts in a few milliseconds; one in Node
 * would take forty times as long.
 */
export function shellPrograms(scope: TestScope, folder: string, names: readonly string[], script: Script): void {
  const portFile = join(folder, 'port')
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    // A program that is killed takes no answer.
    socket.on('error', () => undefined)
    let asked = Buffer.alloc(0)
    socket.on('data', (data) => {
      asked = Buffer.concat([asked, data])
      const start = startIn(asked.toString())
      if (start) void answer(socket, start, script)
    })
  })
  server.listen(0, '127.0.0.1', () => writeFileSync(portFile, `${(server.address() as { port: number }).port}\n`))
  scope.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  mkdirSync(folder, { recursive: true })
  for (const name of names) {
    const path = join(folder, name)
    writeFileSync(path, askingScript(name, portFile))
    chmodSync(path, 0o755)
  }
}

async function answer(socket: Socket, start: ProgramStart, script: Script): Promise<void> {
  let text: string
  try {
    text = await script(start)
  } catch (error) {
    text = `echo ${quoted(`the fake ${start.program} failed: ${String(error)}`)} >&2; exit 70`
  }
  socket.end(text)
}

/** The question: how many fields follow, then name, process id, number of variables, variables, arguments; NUL after each. */
function startIn(text: string): ProgramStart | undefined {
  const [count = '', program = '', pid = '', variableCount = '', ...fields] = text.split('\0')
  if (fields.length < Number(count) - 2) return undefined
  const variables = fields.slice(0, Number(variableCount)).map((each) => {
    const sign = each.indexOf('=')
    return [each.slice(0, sign), each.slice(sign + 1)]
  })
  const args = fields.slice(Number(variableCount), Number(count) - 3)
  return { program, args, pid: Number(pid), environment: Object.fromEntries(variables) }
}

function askingScript(name: string, portFile: string): string {
  return `#!/bin/bash
# The environment it was started with: bash adds variables of its own.
mapfile -d '' -t variables </proc/self/environ
until [ -s ${quoted(portFile)} ]; do [ -d ${quoted(dirname(portFile))} ] && sleep 0.01 || exit 71; done
read -r port <${quoted(portFile)}
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 71
printf '%s\\0' $((3 + \${#variables[@]} + $#)) ${quoted(name)} $$ \${#variables[@]} "\${variables[@]}" "$@" >&3
IFS= read -r -d '' -u 3 script
exec 3<&-
eval "$script"
`
}

/** One word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
