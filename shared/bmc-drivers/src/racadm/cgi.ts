import { setTimeout as sleep } from 'node:timers/promises'
import { abortError, type Call, type Secret } from '@powerbus/plugin-sdk/unshared'
import type { HttpsClient } from '../https-client.ts'
import { remaining } from '../remaining.ts'
import { RemoteError } from '../remote-error.ts'
import { escapeXml, readXml, textNamed, type XmlElement, XmlError } from '../xml-document.ts'
import { COMMAND_FAILED, commandCode, commandCodeText, isPassingCode } from './command-code.ts'
import { checkedOutput, decoded, outputText, quoted, saysNotReady } from './racadm-output.ts'
import type { CommandKind, RacadmTransport } from './racadm-transport.ts'

export interface RacLogin {
  readonly username: string
  readonly password: Secret
}

const BYTES_MAX = 1024 * 1024
/** A login that gets session 0 is made again so often, after a pause. */
const LOGINS = 3
const LOGIN_PAUSE_MS = 1000
const DECLARATION = "<?xml version='1.0'?>"

/** Remote racadm as firmware offers it over HTTPS: login, exec and logout, each a POST of XML. */
export class CgiTransport implements RacadmTransport {
  readonly #https: HttpsClient
  readonly #login: RacLogin
  readonly #pauseMs: number
  #sid: string | undefined

  constructor(https: HttpsClient, login: RacLogin, pauseMs = LOGIN_PAUSE_MS) {
    this.#https = https
    this.#login = login
    this.#pauseMs = pauseMs
  }

  async run(command: readonly string[], kind: CommandKind, call: Call): Promise<string> {
    const left = remaining(call)
    const isFresh = this.#sid === undefined
    if (isFresh) await this.#logIn(left)
    try {
      return await this.#exec(command, kind, left())
    } catch (error) {
      // A session that has ended is a command that failed, or a refusal by HTTP: once more in a new one, where that can do no harm.
      if (isFresh || kind.once || !(error instanceof EndedError)) throw error
    }
    await this.#endSession(left())
    await this.#logIn(left)
    return await this.#exec(command, kind, left())
  }

  /** What the RAC answers to it is of no interest: it ends idle sessions by itself. */
  async close(call: Call): Promise<void> {
    await this.#endSession(call)
    this.#https.close()
  }

  async #endSession(call: Call): Promise<void> {
    if (this.#sid === undefined) return
    await this.#post('logout', '<LOGOUT></LOGOUT>', call).catch(() => undefined)
    this.#sid = undefined
  }

  async #logIn(left: () => Call): Promise<void> {
    const { username, password } = this.#login
    const request = `<LOGIN><REQ><USERNAME>${escapeXml(username)}</USERNAME><PASSWORD>${escapeXml(password.reveal())}</PASSWORD></REQ></LOGIN>`
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#post('login', request, left(), false).catch(notYetSent)
      const state = textNamed(answer, 'STATENAME') ?? ''
      const sid = textNamed(answer, 'SID') ?? ''
      if (state !== '' && state !== 'OK')
        throw new RemoteError(
          'credentials',
          `${this.#https.name} refused the login (${quoted(state)}): check ipmi/username and ipmi/password; the RAC locks accounts after some wrong logins`,
          { sent: false },
        )
      if (!/^\d{1,20}$/.test(sid))
        throw new RemoteError('invalid', `${this.#https.name} answered the login without a session id`, { sent: false })
      if (Number(sid) !== 0) {
        this.#sid = sid
        return
      }
      const { timeoutMs, signal } = left()
      if (attempt === LOGINS || timeoutMs <= this.#pauseMs)
        throw new RemoteError('busy', `${this.#https.name} has no free session: close one, or wait until one ends`, {
          sent: false,
        })
      await sleep(this.#pauseMs, undefined, { signal }).catch(() => {
        throw abortError(signal, `${this.#https.name} was being logged in to`)
      })
    }
  }

  async #exec(command: readonly string[], { once }: CommandKind, call: Call): Promise<string> {
    const words = command.join(' ')
    const request = `<EXEC><REQ><CMDINPUT>racadm ${escapeXml(words)}</CMDINPUT><MAXOUTPUTLEN>0x0fff</MAXOUTPUTLEN></REQ></EXEC>`
    const answer = await this.#post('exec', request, call, once)
    const code = commandCode(textNamed(answer, 'CMDRC'))
    if (code === undefined)
      throw new RemoteError('invalid', `${this.#https.name} answered racadm ${words} without CMDRC`)
    const output = outputText(textNamed(answer, 'CMDOUTPUT') ?? '')
    if (code === 0) return checkedOutput(output, words)
    const text = `${this.#https.name}: racadm ${words} ended with ${commandCodeText(code)}${output ? `: ${quoted(output)}` : ''}`
    if (isPassingCode(code) || (code === COMMAND_FAILED && saysNotReady(output))) throw new RemoteError('busy', text)
    checkedOutput(output, words)
    throw code === COMMAND_FAILED ? new EndedError('refused', text) : new RemoteError('refused', text)
  }

  async #post(route: 'login' | 'exec' | 'logout', body: string, call: Call, fresh = false): Promise<XmlElement> {
    const answer = await this.#https.send(
      {
        method: 'POST',
        path: `/cgi-bin/${route}`,
        headers: { 'Content-Type': 'text/xml', ...(this.#sid !== undefined && { Cookie: `sid=${this.#sid}` }) },
        body: DECLARATION + body,
        bytesMax: BYTES_MAX,
        fresh,
      },
      call,
    )
    const { status } = answer
    const what = `${this.#https.name} answered ${route} with HTTP ${status}`
    if (status === 404) throw new RemoteError('missing', `${what}: it has no racadm over HTTPS`, { sent: false })
    if (status === 401 || status === 403) throw new EndedError('refused', what)
    if (status === 503) throw new RemoteError('busy', what)
    if (status !== 200) throw new RemoteError('invalid', what)
    try {
      return readXml(decoded(answer.body), { bytesMax: BYTES_MAX })
    } catch (cause) {
      if (!(cause instanceof XmlError)) throw cause
      throw new RemoteError('lost', `${what}, and no whole XML: ${cause.message}`, { sent: true, cause })
    }
  }
}

/** A refusal that may mean that the session has ended. */
class EndedError extends RemoteError {}

/** A command cannot have been executed by a login that failed. */
function notYetSent(error: unknown): never {
  if (!(error instanceof RemoteError)) throw error
  throw new RemoteError(error.kind, error.message, { sent: false, cause: error.cause })
}
