import { generateKeyPairSync } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Algorithms, Connection, Server, ServerChannel } from 'ssh2'
import { type LineShell, type ShellAnswer, serveShell } from './line-shell.ts'

export interface SshFaceOptions {
  readonly credentials: { readonly username: string; readonly password: string }
  readonly shell: LineShell
  /** Runs the command of an exec channel; undefined where such channels are refused. */
  readonly exec: () => ((line: string) => ShellAnswer | Promise<ShellAnswer>) | undefined
  /** Ways to log in; firmware often has the second alone. */
  readonly methods?: readonly ('password' | 'keyboard-interactive')[]
  /** In place of the usual ones: old firmware has others. */
  readonly algorithms?: Algorithms
}

/** A console by SSH: for sockets that a listener hands to it. */
export class SshFace {
  #server: Server | undefined
  readonly #options: SshFaceOptions
  readonly #open = new Set<Connection>()
  /** Logins that were tried, with a wrong password too. */
  logins = 0

  constructor(options: SshFaceOptions) {
    this.#options = options
  }

  /** Makes its host key: another one with each call. */
  async start(): Promise<void> {
    // The library is large: a lab without consoles does not load it.
    const { default: ssh2 } = await import('ssh2')
    const hostKeys = [hostKey()]
    const { algorithms } = this.#options
    this.#server = new ssh2.Server({ hostKeys, ...(algorithms && { algorithms }) }, (client) => this.#serve(client))
  }

  get connections(): number {
    return this.#open.size
  }

  take(socket: Socket): void {
    if (this.#server) this.#server.injectSocket(socket)
    else socket.destroy()
  }

  close(): void {
    for (const client of this.#open) client.end()
  }

  #serve(client: Connection): void {
    const { credentials, methods = ['password', 'keyboard-interactive'] } = this.#options
    this.#open.add(client)
    client.on('close', () => this.#open.delete(client))
    client.on('error', () => this.#open.delete(client))
    client.on('authentication', (context) => {
      const isUser = context.username === credentials.username
      const judge = (password: string | undefined) => {
        this.logins++
        if (isUser && password === credentials.password) context.accept()
        else context.reject([...methods])
      }
      if (context.method === 'password' && methods.includes('password')) judge(context.password)
      else if (context.method === 'keyboard-interactive' && methods.includes('keyboard-interactive'))
        context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => judge(answers[0]))
      else context.reject([...methods])
    })
    client.on('session', (accept) => {
      const session = accept()
      session.on('pty', (acceptPty) => acceptPty?.())
      session.on('exec', (acceptExec, reject, { command }) => {
        const run = this.#options.exec()
        if (run) void runOnce(acceptExec(), () => run(command))
        else reject?.()
      })
      session.on('shell', (acceptShell) => serveShell(acceptShell(), this.#options.shell))
    })
  }
}

/** A private key in PEM. The library's own keys of Ed25519 are malformed once in some hundred. */
function hostKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey
}

async function runOnce(channel: ServerChannel, run: () => ShellAnswer | Promise<ShellAnswer>): Promise<void> {
  const { code, output } = await run()
  channel.write(output === '' || output.endsWith('\n') ? output : `${output}\n`)
  channel.exit(code)
  channel.end()
}
