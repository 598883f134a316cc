import { spawn } from 'node:child_process'
import { abortError, type Call, killGroup } from '@powerbus/plugin-sdk/unshared'
import { hostAndPort } from '../host-and-port.ts'
import { RemoteError } from '../remote-error.ts'
import type { RacLogin } from './cgi.ts'
import { checkedOutput, decoded, outputText, quoted } from './racadm-output.ts'
import type { CommandKind, RacadmTransport } from './racadm-transport.ts'

export interface ToolPlace {
  readonly address: string
  readonly port: number
  /** Dell's program: a path, or a name that is looked for in PATH. */
  readonly program: string
}

const BYTES_MAX = 1024 * 1024
/** From SIGTERM to SIGKILL, and kept of the call's time for both. */
const KILL_AFTER_MS = 500

/**
 * Dell's own racadm, one process a command. It asks for user and password at its standard input (`-i`), so neither stands on a command
 * line, where every user of the host could read it.
 */
export class ToolTransport implements RacadmTransport {
  readonly #place: ToolPlace
  readonly #login: RacLogin

  constructor(place: ToolPlace, login: RacLogin) {
    this.#place = place
    this.#login = login
  }

  async run(command: readonly string[], _kind: CommandKind, call: Call): Promise<string> {
    const words = command.join(' ')
    const { code, output } = await this.#runProgram(command, call)
    const text = outputText(output).replace(/^(?:UserName|User Name|Password)\s*:\s*/gim, '')
    const checked = checkedOutput(text.trim(), words)
    if (code !== 0) throw new RemoteError('refused', `racadm ${words} ended with exit code ${code}: ${quoted(checked)}`)
    return checked
  }

  async close(): Promise<void> {
    // Nothing lasts longer than a command.
  }

  #runProgram(command: readonly string[], call: Call): Promise<{ readonly code: number; readonly output: string }> {
    const { program } = this.#place
    const { username, password } = this.#login
    const { PATH = '' } = process.env
    return new Promise((resolve, reject) => {
      // A group of its own: it is killed with all that it starts.
      const child = spawn(program, ['-r', hostAndPort(this.#place), '-i', ...command], {
        detached: true,
        env: { PATH, LANG: 'C' },
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let failure: unknown
      let killing: NodeJS.Timeout | undefined
      const stop = (error: unknown) => {
        if (failure !== undefined) return
        failure = error
        killGroup(child.pid, 'SIGTERM')
        killing = setTimeout(() => killGroup(child.pid), KILL_AFTER_MS)
      }
      const late = () => stop(new RemoteError('timeout', `${program} did not end in time, and was killed`))
      const timer = setTimeout(late, Math.max(1, call.timeoutMs - KILL_AFTER_MS))
      const onAbort = () => stop(abortError(call.signal, `${program} was running`))
      call.signal.addEventListener('abort', onAbort)
      if (call.signal.aborted) onAbort()
      const chunks: Buffer[] = []
      let bytes = 0
      const onData = (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes <= BYTES_MAX) chunks.push(chunk)
        else stop(new RemoteError('invalid', `${program} printed more than ${BYTES_MAX} bytes, and was killed`))
      }
      child.stdout.on('data', onData)
      child.stderr.on('data', onData)
      child.stdin.on('error', () => undefined)
      child.stdin.end(`${username}\n${password.reveal()}\n`)
      child.on('error', (cause) => {
        failure ??= new RemoteError(
          'unreachable',
          `${program} could not be started: install it, or set ipmi/racadm-transport to auto`,
          { sent: false, cause },
        )
        end()
      })
      child.on('exit', () => {
        // Whatever it has left running holds the streams.
        if (failure !== undefined) killGroup(child.pid)
      })
      child.on('close', (code) => {
        if (code === null) failure ??= new RemoteError('lost', `${program} was killed by somebody else`)
        end(code ?? 1)
      })
      const end = (code = 1) => {
        clearTimeout(timer)
        clearTimeout(killing)
        call.signal.removeEventListener('abort', onAbort)
        if (failure === undefined) resolve({ code, output: decoded(Buffer.concat(chunks)) })
        else reject(failure)
      }
    })
  }
}
