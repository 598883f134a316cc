import { randomInt } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { XMLParser } from 'fast-xml-parser'
import type { RacadmFirmware } from './racadm-firmware.ts'
import type { RacadmCredentials, RacadmKnobs } from './racadm-options.ts'

const BODY_BYTES_MAX = 64 * 1024
const parser = new XMLParser({ parseTagValue: false, trimValues: false })

/** Racadm over HTTPS: login, exec and logout. */
export class CgiFace {
  readonly #firmware: RacadmFirmware
  readonly #credentials: RacadmCredentials
  readonly #knobs: RacadmKnobs
  readonly #sids = new Set<string>()
  /** Logins that were tried, with a wrong password too. */
  logins = 0

  constructor(firmware: RacadmFirmware, credentials: RacadmCredentials, knobs: RacadmKnobs) {
    this.#firmware = firmware
    this.#credentials = credentials
    this.#knobs = knobs
  }

  get sessions(): ReadonlySet<string> {
    return this.#sids
  }

  /** As firmware does with idle sessions. */
  endSessions(): void {
    this.#sids.clear()
  }

  readonly listener: RequestListener = (request, response) => {
    this.#answer(request, response).catch(() => response.destroy())
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > BODY_BYTES_MAX) throw new RangeError('a request of racadm is not that long')
    }
    const sid = /(?:^|;\s*)sid=(\d+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const route = request.method === 'POST' && this.#knobs.offersCgi ? request.url : undefined
    const body = Buffer.concat(chunks).toString()
    switch (route) {
      case '/cgi-bin/login':
        return this.#send(response, this.#logIn(parser.parse(body).LOGIN?.REQ))
      case '/cgi-bin/exec':
        return this.#exec(sid, parser.parse(body).EXEC?.REQ, response)
      case '/cgi-bin/logout':
        this.#sids.delete(sid)
        return this.#send(response, '<LOGOUT><RESP><RC>0x0</RC></RESP></LOGOUT>')
      default:
        response.writeHead(404, { 'Content-Type': 'text/html' }).end('<html><body>Not Found<br></body></html>')
    }
  }

  #logIn({ USERNAME, PASSWORD }: Record<string, unknown> = {}): string {
    this.logins++
    const { username, password } = this.#credentials
    const answer = (sid: string, state: string) =>
      `<LOGIN><RESP><RC>0x0</RC><SID>${sid}</SID><STATE>0x00000000</STATE><STATENAME>${state}</STATENAME></RESP></LOGIN>`
    if (USERNAME !== username || PASSWORD !== password) return answer('0', 'LOGIN_FAILED')
    if (this.#knobs.zeroSessions > 0 || this.#sids.size >= this.#knobs.sessionsMax) {
      if (this.#knobs.zeroSessions > 0) this.#knobs.zeroSessions--
      return answer('0', 'OK')
    }
    const sid = String(randomInt(1, 2 ** 31))
    this.#sids.add(sid)
    return answer(sid, 'OK')
  }

  async #exec(sid: string, request: Record<string, unknown> | undefined, response: ServerResponse): Promise<void> {
    const line = String(request?.CMDINPUT ?? '').replace(/^racadm\s+/, '')
    // A session that has ended is a command that failed.
    const { code, output } = this.#sids.has(sid) ? await this.#firmware.run(line) : { code: 1, output: '' }
    if (this.#knobs.delayMs > 0) await sleep(this.#knobs.delayMs)
    if (this.#knobs.lostAnswers > 0) {
      this.#knobs.lostAnswers--
      response.destroy()
      return
    }
    const limit = Number(request?.MAXOUTPUTLEN ?? 0x0fff)
    const text = escapeXml(output.slice(0, limit))
    this.#send(
      response,
      `<EXEC><RESP><CMDRC>0x${code.toString(16)}</CMDRC><CMDOUTPUT>${text}\n</CMDOUTPUT></RESP></EXEC>`,
    )
  }

  #send(response: ServerResponse, xml: string): void {
    const text = `<?xml version="1.0" encoding="UTF-8"?>${xml}`
    const isCut = this.#knobs.cutAnswers > 0
    if (isCut) this.#knobs.cutAnswers--
    response
      .writeHead(200, { 'Content-Type': 'text/xml' })
      .end(isCut ? text.slice(0, Math.floor(text.length / 2)) : text)
  }
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
