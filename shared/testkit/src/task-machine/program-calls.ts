import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { TestScope } from '../test-scope.ts'

/** One start of a program that a test stands in for. */
export interface ProgramCall {
  /** Name that the test gave it. */
  readonly program: string
  readonly args: readonly string[]
  /** What came on stdin; read only where an argument is `-` or the program `readsInput`. */
  readonly input: string
  readonly folder: string
  readonly token: string
}

export interface ProgramAnswer {
  readonly code?: number
  readonly stdout?: string
  readonly stderr?: string
}

/** What a program does. A text is its stdout, and nothing at all is a success without a word. */
export type StandIn = (
  call: ProgramCall,
) => ProgramAnswer | string | undefined | Promise<ProgramAnswer | string | undefined>

export interface ProgramCalls {
  /** All calls so far, oldest first. */
  readonly calls: readonly ProgramCall[]
  /** Writes an executable at `path` that runs `does` in this process. */
  put(path: string, program: string, does: StandIn, options?: { readonly readsInput?: boolean }): void
}

/** Longest wait of a program for its stand-in: less than a task script has, so that its log names the program. */
const ANSWER_SECONDS = 45

/** Arguments before the program's own: its name, its folder, its token and its stdin. */
const HEAD = 4

/**
 * Programs whose work is done in the test's own process: each is a Bash script that sends its arguments there and prints
 * what comes back, which takes 5 ms where a Node process takes 50. They end with the scope.
 */
export async function programCalls(scope: TestScope): Promise<ProgramCalls> {
  const calls: ProgramCall[] = []
  const standIns = new Map<string, StandIn>()
  const sockets = new Set<Socket>()
  const answer = async (fields: readonly string[]): Promise<string> => {
    const [program = '', folder = '', token = '', input = '', ...args] = fields
    const call = { program, args, input, folder, token }
    calls.push(call)
    try {
      const done = (await standIns.get(program)?.(call)) ?? {}
      const { code = 0, stdout = '', stderr = '' } = typeof done === 'string' ? { stdout: done } : done
      return reply(code, stdout, stderr)
    } catch (error) {
      return reply(70, '', `the stand-in for ${program} failed: ${String(error)}\n`)
    }
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
      const [count = '', ...fields] = text.split('\0')
      if (fields.length <= Number(count) + HEAD) return
      text = ''
      void answer(fields.slice(0, -1)).then((line) => socket.end(line))
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  scope.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    calls,
    put(path, program, does, { readsInput = false } = {}) {
      standIns.set(program, does)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, script(program, port ?? 0, readsInput))
      chmodSync(path, 0o755)
    },
  }
}

/**
 * Status and the bytes of the two texts in a line, then the texts: up to a delimiter, Bash reads a socket with a system
 * call for each byte.
 */
function reply(code: number, stdout: string, stderr: string): string {
  return `${code} ${Buffer.byteLength(stdout)} ${Buffer.byteLength(stderr)}\n${stdout}${stderr}`
}

function script(program: string, port: number, readsInput: boolean): string {
  return `#!/bin/bash
set +eux
LC_ALL=C
reads=${readsInput}
for word in "$@"; do if [[ $word == - ]]; then reads=true; fi; done
input=
if [[ $reads == true ]]; then IFS= read -r -N 1000000 input; fi
exec 3<>/dev/tcp/127.0.0.1/${port} || exit 71
printf '%s\\0' "$#" '${program}' "$PWD" "$RS_TOKEN" "$input" "$@" >&3
if ! read -r -t ${ANSWER_SECONDS} code bytes rest <&3; then
  echo "the stand-in for ${program} did not answer $* within ${ANSWER_SECONDS} s" >&2
  exit 72
fi
IFS= read -r -N "$bytes" out <&3
IFS= read -r -N "$rest" err <&3
printf '%s' "$out"
printf '%s' "$err" >&2
exit "$code"
`
}
