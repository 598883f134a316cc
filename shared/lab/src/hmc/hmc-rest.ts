import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { HmcDocuments, partitionFields } from './hmc-documents.ts'
import { HmcJobs } from './hmc-jobs.ts'
import type { HmcKnobs } from './hmc-knobs.ts'
import { HmcRefusal } from './hmc-refusal.ts'
import type { HmcPartition, HmcSystem } from './hmc-systems.ts'
import { readJobOrder, readLogon } from './job-order.ts'

const BODY_BYTES_MAX = 256 * 1024

interface Answer {
  readonly status?: number
  readonly body?: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The connection ends in place of it. */
  readonly isLost?: boolean
}

/** The REST interface of an HMC: sessions, partitions, jobs. */
export class HmcRest {
  readonly #systems: readonly HmcSystem[]
  readonly #credentials: { readonly username: string; readonly password: string }
  readonly #knobs: HmcKnobs
  readonly #documents = new HmcDocuments()
  readonly #tokens = new Set<string>()
  readonly jobs: HmcJobs
  /** Logons that were tried, with a wrong password too. */
  logons = 0
  /** `METHOD PATH` of every request. */
  readonly requests: string[] = []

  constructor(
    systems: readonly HmcSystem[],
    credentials: { readonly username: string; readonly password: string },
    knobs: HmcKnobs,
  ) {
    this.#systems = systems
    this.#credentials = credentials
    this.#knobs = knobs
    this.jobs = new HmcJobs(knobs)
  }

  get sessions(): number {
    return this.#tokens.size
  }

  /** As HMCs do with idle sessions. */
  endSessions(): void {
    this.#tokens.clear()
  }

  readonly listener: RequestListener = (request, response) => {
    this.#serve(request, response).catch(() => response.destroy())
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > BODY_BYTES_MAX) throw new RangeError('a request to an HMC is not that long')
    }
    const body = Buffer.concat(chunks).toString()
    const { url = '', method = '' } = request
    this.requests.push(`${method} ${url}`)
    if (this.#knobs.delayMs > 0) await sleep(this.#knobs.delayMs)
    const answer = this.#answerOrRefusal(request, body)
    if (answer.isLost) return void response.destroy()
    const { status = 200, body: text = '', type = 'application/atom+xml', headers = {} } = answer
    response.writeHead(status, { 'Content-Type': type, 'X-MC-Type': this.#knobs.type, ...headers }).end(text)
  }

  #answerOrRefusal(request: IncomingMessage, body: string): Answer {
    try {
      return this.#answer(request, body)
    } catch (error) {
      if (!(error instanceof HmcRefusal)) throw error
      const { status, message } = error
      return { status, body: this.#documents.error(status, message, request.url ?? '', body) }
    }
  }

  #answer({ method = '', url = '', headers }: IncomingMessage, body: string): Answer {
    const path = decodeURIComponent(url.split('?')[0] ?? '')
    const token = String(headers['x-api-session'] ?? '')
    if (path === '/rest/api/web/Logon') {
      if (method === 'PUT') return this.#logOn(body)
      this.#tokens.delete(token)
      return { status: 204 }
    }
    if (!this.#tokens.has(token)) throw new HmcRefusal(401, 'The session is not valid.')
    if (this.#knobs.htmlAnswers > 0) {
      this.#knobs.htmlAnswers--
      return { status: 500, body: '<html><body>Internal error<br></body></html>', type: 'text/html' }
    }
    if (this.#knobs.busyAnswers > 0) {
      this.#knobs.busyAnswers--
      throw new HmcRefusal(503, 'The HMC is busy; retry the operation later.')
    }
    const [, kind, rest] = /^\/rest\/api\/uom\/(\w+)(?:\/(.*))?$/.exec(path) ?? []
    const parts = rest ? rest.split('/') : []
    if (kind === 'jobs') return this.#job(method, parts)
    if (kind === 'ManagedSystem') return this.#system(parts)
    if (kind === 'LogicalPartition') return this.#partition(method, parts, body)
    throw new HmcRefusal(404, `There is no ${path}.`)
  }

  #logOn(body: string): Answer {
    this.logons++
    if (this.#knobs.starting) return { status: 404, body: '<html>starting</html>', type: 'text/html' }
    const { user, password } = readLogon(body)
    if (user !== this.#credentials.username || password !== this.#credentials.password)
      throw new HmcRefusal(401, 'The user or the password is wrong.')
    if (this.#tokens.size >= this.#knobs.sessionsMax) throw new HmcRefusal(503, 'No more sessions are allowed.')
    const token = randomBytes(48).toString('base64url')
    this.#tokens.add(token)
    return {
      body: this.#documents.logon(token),
      headers: { 'Set-Cookie': `JSESSIONID=${token.slice(0, 8)}; Path=/; Secure` },
    }
  }

  #job(method: string, [id = '', verb]: readonly string[]): Answer {
    if (method === 'DELETE') {
      this.jobs.remove(id)
      return { status: 204 }
    }
    if (method === 'POST' && verb === 'cancel') {
      this.jobs.cancel(id)
      return { status: 204 }
    }
    const job = this.jobs.find(id)
    return { body: this.#documents.job(job, this.jobs.statusOf(job)) }
  }

  #system(parts: readonly string[]): Answer {
    const [uuid, kind] = parts
    const isQuick = parts.at(-2) === 'quick' && parts.at(-1) === 'All'
    if (uuid === undefined) return { body: this.#documents.systems(this.#systems) }
    if (uuid === 'quick') return this.#quick(this.#systems.map(({ uuid: UUID, name }) => ({ UUID, SystemName: name })))
    const system = this.#systems.find((known) => known.uuid === uuid)
    if (!system || kind !== 'LogicalPartition') throw new HmcRefusal(404, 'There is no such managed system.')
    const list = system.partitions.map((partition) => ({ UUID: partition.uuid, ...partitionFields(partition) }))
    return isQuick ? this.#quick(list) : { body: this.#documents.partitions(system.partitions) }
  }

  #partition(method: string, [uuid = '', verb = '', operation = '']: readonly string[], body: string): Answer {
    const partition = this.#find(uuid)
    if (method === 'PUT' && verb === 'do') {
      const order = readJobOrder(body)
      if (order.operation !== operation) throw new HmcRefusal(400, 'The operation is not the one of the path.')
      const job = this.jobs.start(partition, order)
      const isLost = this.#knobs.lostJobs > 0
      if (isLost) this.#knobs.lostJobs--
      return { body: this.#documents.job(job, this.jobs.statusOf(job)), isLost }
    }
    if (verb === 'quick')
      return this.#quick(operation ? partitionFields(partition)[operation] : partitionFields(partition))
    return { body: this.#knobs.document ?? this.#documents.partition(partition) }
  }

  #find(uuid: string): HmcPartition {
    const found = this.#systems.flatMap(({ partitions }) => partitions).find((partition) => partition.uuid === uuid)
    if (!found) throw new HmcRefusal(404, `HSCL8012 The partition ${uuid} was not found.`)
    return found
  }

  #quick(value: unknown): Answer {
    if (!this.#knobs.offersQuick) throw new HmcRefusal(404, 'There are no quick properties.')
    return { body: JSON.stringify(value), type: 'application/json' }
  }
}
