import { setTimeout as sleep } from 'node:timers/promises'
import { abortError, type Call } from '@powerbus/plugin-sdk/unshared'
import type { ClientChannel, Client as SshClient } from 'ssh2'
import { hostAndPort } from '../host-and-port.ts'
import { RemoteError } from '../remote-error.ts'
import type { RacLogin } from './cgi.ts'
import { checkedOutput, decoded, outputText } from './racadm-output.ts'
import type { CommandKind, RacadmTransport } from './racadm-transport.ts'
import { type SshPlace, sshLogin } from './ssh-login.ts'
import { atPrompt, shellLine, shellOutput } from './ssh-shell.ts'

const BYTES_MAX = 1024 * 1024
/** Longest wait for the end of the connection. */
const CLOSE_MS = 500

/** Firmware racadm over SSH: each command in an exec channel, or all in one shell where the firmware has no exec. */
export class SshTransport implements RacadmTransport {
  readonly #place: SshPlace
  readonly #login: RacLogin
  #client: SshClient | undefined
  #shell: ClientChannel | undefined
  /** What the shell has shown since the last command. */
  #shown = ''
  /** Ends what is under way when the connection ends. */
  #lost: ((error: RemoteError) => void) | undefined

  constructor(place: SshPlace, login: RacLogin) {
    this.#place = place
    this.#login = login
  }

  async run(command: readonly string[], _kind: CommandKind, call: Call): Promise<string> {
    let sent = false
    const words = command.join(' ')
    const output = await this.#limited(
      call,
      () => sent,
      async () => {
        const client = this.#client ?? (await this.#connect())
        sent = true
        const channel = this.#shell ? undefined : await execChannel(client, `racadm ${words}`)
        if (channel) return await collected(channel)
        sent = false
        const shell = this.#shell ?? (await this.#openShell(client))
        sent = true
        return await this.#inShell(shell, words)
      },
    )
    return checkedOutput(outputText(output), words)
  }

  async close({ timeoutMs }: Call): Promise<void> {
    const client = this.#client
    if (!client) return
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    const late = new AbortController()
    client.end()
    await Promise.race([closed, sleep(Math.min(timeoutMs, CLOSE_MS), undefined, { signal: late.signal })])
    late.abort()
    this.#drop()
  }

  #drop(): void {
    this.#client?.destroy()
    this.#client = undefined
    this.#shell = undefined
    this.#shown = ''
  }

  get #name(): string {
    return hostAndPort(this.#place)
  }

  /** The work's end, unless the connection, the time or the caller's patience ends before; then the connection is dropped. */
  async #limited(call: Call, sent: () => boolean, work: () => Promise<string>): Promise<string> {
    let stop: () => void = () => undefined
    const ended = new Promise<never>((_resolve, reject) => {
      this.#lost = reject
      const late = () => reject(new RemoteError('timeout', `${this.#name}: no answer over SSH in time`))
      const timer = setTimeout(late, call.timeoutMs)
      const onAbort = () => reject(abortError(call.signal, `${this.#name} was being asked`))
      call.signal.addEventListener('abort', onAbort)
      if (call.signal.aborted) onAbort()
      stop = () => {
        clearTimeout(timer)
        call.signal.removeEventListener('abort', onAbort)
        this.#lost = undefined
      }
    })
    try {
      return await Promise.race([work(), ended])
    } catch (error) {
      this.#drop()
      if (!(error instanceof RemoteError)) throw error
      throw new RemoteError(error.kind, error.message, { sent: sent(), cause: error.cause })
    } finally {
      stop()
    }
  }

  async #connect(): Promise<SshClient> {
    const { client, ready } = await sshLogin(this.#place, this.#login, (error) => {
      this.#lost?.(error)
      if (this.#client === client) this.#drop()
    })
    this.#client = client
    await ready
    return client
  }

  async #openShell(client: SshClient): Promise<ClientChannel> {
    const shell = await new Promise<ClientChannel>((resolve, reject) => {
      client.shell({ term: 'dumb', cols: 500 }, (error, channel) => {
        if (error)
          reject(
            new RemoteError('refused', `${this.#name} offers neither exec nor a shell over SSH`, {
              sent: false,
              cause: error,
            }),
          )
        else resolve(channel)
      })
    })
    this.#shell = shell
    await this.#untilPrompt(shell)
    return shell
  }

  async #inShell(shell: ClientChannel, command: string): Promise<string> {
    const line = shellLine(this.#shown, command)
    this.#shown = ''
    shell.write(`${line}\n`)
    await this.#untilPrompt(shell)
    return shellOutput(this.#shown, line)
  }

  #untilPrompt(shell: ClientChannel): Promise<void> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let bytes = 0
      const over = (settle: () => void) => {
        shell.off('data', onData).off('close', onClose)
        settle()
      }
      const onClose = () => over(() => reject(new RemoteError('lost', `${this.#name}: the shell ended`)))
      const onData = (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > BYTES_MAX) over(() => reject(tooLong()))
        this.#shown = decoded(Buffer.concat(chunks))
        if (atPrompt(this.#shown)) over(resolve)
      }
      shell.on('data', onData).on('close', onClose)
    })
  }
}

/** Undefined where the firmware refuses to open one, by which nothing is executed. */
function execChannel(client: SshClient, line: string): Promise<ClientChannel | undefined> {
  return new Promise((resolve) => {
    client.exec(line, (error, channel) => resolve(error ? undefined : channel))
  })
}

/** Both streams of the channel, to its end. */
function collected(channel: ClientChannel): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > BYTES_MAX) reject(tooLong())
    }
    channel.on('data', onData)
    channel.stderr.on('data', onData)
    channel.on('close', () => resolve(decoded(Buffer.concat(chunks))))
  })
}

function tooLong(): RemoteError {
  return new RemoteError('invalid', `the output has more than ${BYTES_MAX} bytes`)
}
